// Goal: ordinary C programs behave on the cluster as on Linux, and do not notice being moved.
// Method: each runs under qemu-riscv64 and on a cluster; standard output, standard error and status
// must be the same to the byte. Once it stays where it began; once it wanders, a move each
// millisecond, with a seed of its own that draws hosts and strategies. Every second one also wanders
// in workers, and must leave the trace that it left in one thread.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { strategies } from "../../kernel/index.ts";
import test from "ava";
import type { ExecutionContext } from "ava";
import { Cluster, type ClusterOptions, type Task } from "../../cluster/index.ts";
import { inTurn } from "../cluster/clusters.ts";
import { needs } from "../needs.ts";
import {
  COMPILER,
  compileGuest,
  oraclePrograms,
  type OracleRun,
  type Outcome,
  QEMU,
  runQemu,
} from "./oracle.ts";

const guestRoot = fileURLToPath(new URL("../../../fs-server/root/", import.meta.url));
const wanderNs = 1_000_000;
/** Programs that run for long, and how often they move, so that hundreds of moves are enough. */
const wanderLongNs = 20_000_000;
const long: readonly string[] = ["big-arrays", "malloc-churn", "output-long"];
const virtualNsMax = 600e9;

/** What is run: a program of the oracle, its executable, and a disk with its files. */
interface Prepared {
  readonly elf: string;
  readonly name: string;
  readonly root: string;
}

interface Run {
  readonly task: Task;
  readonly hash: string;
}

const strategiesSeen = new Set<string>();
let programsRun = 0;
const oracleTest = needs(COMPILER, QEMU);

for (const [index, run] of oraclePrograms().entries()) {
  oracleTest(`oracle: ${run.name}: as under qemu, alone and wandering`, (t) =>
    inTurn(async () => {
      const prepared = prepare(t, run);
      const expected = expectedOf(run, prepared);
      t.is(expected.status, run.status, "qemu, against what the program's author says");
      const seed = index + 1;
      const isLong = long.some((name) => run.name.startsWith(name));
      const periodNs = isLong ? wanderLongNs : wanderNs;
      const both = index % 2 === 0 && !isLong;
      const trace = both ? "default" : "control";
      const alone = await runOnCluster(run, prepared, { driver: "inline", seed, trace: "control" });
      same(t, alone.task, expected, "alone");
      t.is(alone.task.moves.length, 0);
      const inline = await runOnCluster(run, prepared, { driver: "inline", seed, trace }, periodNs);
      same(t, inline.task, expected, `wandering, seed ${seed}`);
      for (const move of inline.task.moves) strategiesSeen.add(move.strategy);
      programsRun++;
      if (!both) return;
      const workers = await runOnCluster(
        run,
        prepared,
        { driver: "worker", seed, trace },
        periodNs,
      );
      same(t, workers.task, expected, `wandering in workers, seed ${seed}`);
      t.is(workers.hash, inline.hash, "the trace of both drivers");
    }),
  );
}

test.after("oracle: all wandering programs together: were moved by every strategy", (t) => {
  if (programsRun < oraclePrograms().length) t.pass("only some were run");
  else t.deepEqual([...strategiesSeen].sort(), strategies.map(({ name }) => name).sort());
});

function prepare(t: ExecutionContext, run: OracleRun): Prepared {
  const elf = compileGuest(run.source, { flags: run.flags });
  const root = mkdtempSync(join(tmpdir(), "sojourn-root-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  cpSync(guestRoot, root, { recursive: true });
  for (const { name, bytes } of run.files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), bytes);
  }
  return { elf, name: basename(elf), root };
}

function expectedOf(run: OracleRun, { elf, name }: Prepared): Outcome {
  return runQemu(elf, run.args, run.stdin, { files: run.files, argv0: `/mnt/${name}` });
}

async function runOnCluster(
  run: OracleRun,
  { elf, name, root }: Prepared,
  options: ClusterOptions,
  periodNs = 0,
): Promise<Run> {
  const cluster = await Cluster.boot({ hosts: 4, root, mounts: { [name]: elf }, ...options });
  try {
    const task = await cluster.spawn("h1", [`/mnt/${name}`, ...run.args], {
      stdin: run.stdin,
      ...(periodNs > 0 ? { wander: { periodNs } } : {}),
    });
    await cluster.runUntil({ exited: task }, { withinNs: virtualNsMax });
    return { task, hash: cluster.traceHash() };
  } finally {
    await cluster.close();
  }
}

function same(t: ExecutionContext, task: Task, expected: Outcome, how: string): void {
  t.is(task.exit?.status, expected.status, `status, ${how}`);
  t.true(expected.stdout.equals(task.outputBytes), `standard output, ${how}`);
  t.is(task.errors, expected.stderr.toString(), `standard error, ${how}`);
}
