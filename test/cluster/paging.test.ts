// Goal: a program with more memory than its host ends with the right answer, wherever it goes, and
// the same run is the same trace whatever drives it; when swap is lost, its reason is told.
// Method: a host of 1 MiB, a program that fills 2 to 4 MiB and goes over it in several orders.

import { fileURLToPath } from "node:url";
import { Cluster, type Task } from "../../cluster/index.ts";
import { needs } from "../needs.ts";
import { COMPILER, compileGuest, QEMU, runQemu } from "../oracle/oracle.ts";
import { inTurn } from "./clusters.ts";

const pagingTest = needs(COMPILER, QEMU);
const guestRoot = fileURLToPath(new URL("../../../fs-server/root/", import.meta.url));
const programs = new URL("../../../test/oracle/programs/", import.meta.url);
const source = fileURLToPath(new URL("memory-tight.c", programs));
const mapping = fileURLToPath(new URL("mapping-files.c", programs));
const memoryBytes = 1 << 20;
const seconds = 1e9;

interface Run {
  readonly task: Task;
  readonly trace: string;
  readonly hash: string;
}

async function run(options: {
  readonly driver: "inline" | "worker";
  readonly pages: number;
  readonly wander?: number;
}): Promise<Run> {
  const mounts = { tight: compileGuest(source) };
  const { driver, pages, wander } = options;
  const cluster = await Cluster.boot({
    hosts: 3,
    root: guestRoot,
    mounts,
    memoryBytes,
    driver,
    seed: 7,
  });
  try {
    const wandering = wander === undefined ? {} : { wander: { periodNs: wander } };
    const task = await cluster.spawn("h1", ["/mnt/tight", `${pages}`], wandering);
    await cluster.runUntil({ exited: task }, { withinNs: 600 * seconds });
    return { task, trace: cluster.trace(), hash: cluster.traceHash() };
  } finally {
    await cluster.close();
  }
}

const expected = (pages: number): string =>
  runQemu(compileGuest(source), [`${pages}`], Buffer.alloc(0)).stdout.toString();

for (const pages of [300, 512, 1024]) {
  pagingTest(`paging: ${pages} pages on a host of 256: the right answer`, (t) =>
    inTurn(async () => {
      const { task, trace } = await run({ driver: "inline", pages });
      t.is(task.output, expected(pages));
      t.is(task.exit?.status, 0);
      t.regex(trace, /vm\.page-out/);
      t.regex(trace, /vm\.evict/);
    }),
  );
}

pagingTest("paging: wandering among small hosts: the right answer, and one trace", (t) =>
  inTurn(async () => {
    const options = { pages: 512, wander: 5_000_000 };
    const inline = await run({ ...options, driver: "inline" });
    t.is(inline.task.output, expected(512));
    t.true(inline.task.moves.length > 3);
    const workers = await run({ ...options, driver: "worker" });
    t.is(workers.task.output, inline.task.output);
    t.is(workers.hash, inline.hash);
  }),
);

pagingTest(
  "paging: files written through mappings, on small hosts: as under qemu, moved or not",
  (t) =>
    inTurn(async () => {
      const elf = compileGuest(mapping);
      const { stdout } = runQemu(elf, [], Buffer.alloc(0));
      for (const periodNs of [0, 2_000_000]) {
        const cluster = await Cluster.boot({
          hosts: 3,
          root: guestRoot,
          mounts: { mapping: elf },
          memoryBytes,
          seed: 3,
        });
        const wandering = periodNs === 0 ? {} : { wander: { periodNs } };
        const task = await cluster.spawn("h1", ["/mnt/mapping"], wandering);
        await cluster.runUntil({ exited: task }, { withinNs: 600 * seconds });
        t.is(task.output, stdout.toString());
        t.is(task.moves.length > 3, periodNs > 0);
        await cluster.close();
      }
    }),
);

pagingTest("paging: swap is lost with its host: the program ends, and the host is named", (t) =>
  inTurn(async () => {
    const mounts = { tight: compileGuest(source) };
    const cluster = await Cluster.boot({ hosts: 2, root: guestRoot, mounts, memoryBytes });
    t.teardown(() => cluster.close());
    const task = await cluster.spawn("h1", ["/mnt/tight", "1024"]);
    await cluster.runUntil({ event: "vm.page-out" }, { withinNs: 60 * seconds });
    cluster.crash("fs");
    await cluster.runUntil({ exited: task }, { withinNs: 600 * seconds });
    t.is(task.exit?.signal, 7);
    t.is(task.exit?.lostHost, "fs");
  }),
);
