// Goal: whatever a program does with its memory, it sees what it would see under Linux, alone, wandering,
// and with little memory.
// Method: random histories (mapping-history.ts), carried out by mapping-history.c under qemu-riscv64 and on a
// cluster; every line of the output must be the same: results, errors, faults, contents of all pages.

import { fileURLToPath } from "node:url";
import test from "ava";
import { Cluster, type ClusterOptions } from "../../cluster/index.ts";
import { inTurn } from "../cluster/clusters.ts";
import { needs } from "../needs.ts";
import { mappingHistory } from "./mapping-history.ts";
import { COMPILER, compileGuest, QEMU, runQemu } from "./oracle.ts";

const firstSeed = Number(process.env["MAPPING_SEED"] ?? 1);
const historyCount = Number(process.env["MAPPING_COUNT"] ?? 30);
const historyLength = Number(process.env["MAPPING_LENGTH"] ?? 60);
const source = new URL("../../../test/oracle/mapping-history.c", import.meta.url);
const virtualNsMax = 600e9;

interface Way {
  readonly name: string;
  readonly options: ClusterOptions;
  readonly args: readonly string[];
  readonly periodNs: number;
}

/** A host of 256 pages, and a program that writes to 200 of its own before each operation. */
const little = { options: { memoryBytes: 2 ** 20 }, args: ["200"] };
const ways: readonly Way[] = [
  { name: "alone", options: {}, args: [], periodNs: 0 },
  { name: "wandering", options: {}, args: [], periodNs: 1_000_000 },
  { name: "with little memory", ...little, periodNs: 0 },
  { name: "wandering with little memory", ...little, periodNs: 20_000_000 },
];

needs(COMPILER, QEMU)("oracle: random histories of mappings: every line as under qemu", (t) =>
  inTurn(async () => {
    const elf = compileGuest(fileURLToPath(source));
    for (let seed = firstSeed; seed < firstSeed + historyCount; seed++) {
      const history = mappingHistory(seed, historyLength);
      const expected = runQemu(elf, [], Buffer.from(history), { argv0: "/mnt/history" });
      t.is(expected.status, 0, `${replay(seed)}: qemu`);
      for (const way of ways) {
        const ours = await carryOut(elf, history, seed, way);
        t.deepEqual(
          differences(ours, expected.stdout.toString()),
          [],
          `${replay(seed)}: ${way.name}`,
        );
      }
    }
  }),
);

test("oracle: random histories of mappings: a seed is one history", (t) => {
  t.is(mappingHistory(7, 50), mappingHistory(7, 50));
  t.not(mappingHistory(7, 50), mappingHistory(8, 50));
});

async function carryOut(elf: string, history: string, seed: number, way: Way): Promise<string> {
  const cluster = await Cluster.boot({
    hosts: 3,
    driver: "inline",
    trace: "control",
    seed,
    mounts: { history: elf },
    ...way.options,
  });
  try {
    const task = await cluster.spawn("h1", ["/mnt/history", ...way.args], {
      stdin: history,
      ...(way.periodNs > 0 ? { wander: { periodNs: way.periodNs } } : {}),
    });
    await cluster.runUntil({ exited: task }, { withinNs: virtualNsMax });
    const end =
      task.exit?.status === 0 ? "" : `ended: ${JSON.stringify(task.exit)} ${task.errors}\n`;
    return Buffer.from(task.outputBytes).toString() + end;
  } finally {
    await cluster.close();
  }
}

function replay(seed: number): string {
  return `MAPPING_SEED=${seed} MAPPING_COUNT=1 npx ava dist/test/oracle/mapping-history.test.js`;
}

/** The first line that differs, as it is here and under qemu; looks only where they differ. */
function differences(ours: string, theirs: string): readonly string[] {
  const [here, there] = [ours.split("\n"), theirs.split("\n")];
  const at = there.findIndex((line, index) => line !== here[index]);
  if (at < 0) return here.length === there.length ? [] : here.slice(there.length, there.length + 1);
  return [here[at] ?? "nothing more", there[at] as string];
}
