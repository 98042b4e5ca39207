// What a run leaves: trace, report and summary agree; planned lines come in their order.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { folder, sojourn } from "./cli-process.ts";

interface Event {
  readonly at: number;
  readonly host: string;
  readonly event: string;
  readonly to?: string;
}

interface Files {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly trace: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly events: readonly Event[];
  readonly report: {
    readonly outcome: string;
    readonly status: number;
    readonly moves: readonly {
      readonly host: string;
      readonly freezeNs: number;
      readonly owed: number;
    }[];
    readonly counters: { readonly instructions: number };
    readonly hash: string;
    readonly virtualNs: number;
  };
}

async function runWithFiles(t: ExecutionContext, ...words: readonly string[]): Promise<Files> {
  const path = folder(t);
  const [traceFile, reportFile] = [join(path, "trace"), join(path, "report")];
  const files = ["--trace", traceFile, "--report", reportFile];
  const { status, stdout, stderr } = await sojourn(["run", ...files, ...words]);
  const trace = readFileSync(traceFile, "utf8");
  const [header = "", ...events] = trace.trimEnd().split("\n");
  return {
    status,
    stdout,
    stderr,
    trace,
    header: JSON.parse(header) as Files["header"],
    events: events.map((line) => JSON.parse(line) as Event),
    report: JSON.parse(readFileSync(reportFile, "utf8")) as Files["report"],
  };
}

const moving = ["--migrate", "8ms=h3", "--migrate", "15ms=h2,eager-all", "count", "200"];

test.serial("files: trace, report and summary: of one run, and they agree", async (t) => {
  const { status, trace, header, events, report, stderr } = await runWithFiles(
    t,
    "--summary",
    ...moving,
  );
  t.is(status, 0);
  t.like(header, { sojourn: 1, seed: 1, hosts: 4, profile: "lan", memory: 268_435_456 });
  t.like(header["program"], { args: ["count", "200"] });
  t.regex(JSON.stringify(header["program"]), /"sha256":"[0-9a-f]{64}"/);
  t.notRegex(trace, /worker|inline|\/tmp\/|node/);

  const hash = createHash("sha256").update(trace).digest("hex");
  t.is(report.hash, hash);
  t.regex(stderr, new RegExp(`^trace hash ${hash}$`, "m"));
  t.regex(stderr, new RegExp(`^instructions ${report.counters.instructions}$`, "m"));
  t.true(report.counters.instructions > 200 * 10_000);

  t.like(report, { outcome: "exit", status: 0 });
  t.deepEqual(
    report.moves.map(({ host }) => host),
    ["h3", "h2"],
  );
  const exit = events.find(({ event }) => event === "task.exit");
  t.is(exit?.at, report.virtualNs);
  t.true(report.moves.every(({ freezeNs }) => freezeNs > 0));
  t.is(report.moves[1]?.owed, 0);
  t.regex(stderr, /h3 .*copy-on-reference .* pages on h1$/m);
  t.regex(stderr, /h2 .*eager-all .* nothing$/m);
});

test.serial(
  "files: the trace: in the order of time, host and number, the same in both drivers",
  async (t) => {
    const worker = await runWithFiles(t, "--net", "loss=5%,delay=0..300us", ...moving);
    const inline = await runWithFiles(
      t,
      "--driver",
      "inline",
      "--net",
      "loss=5%,delay=0..300us",
      ...moving,
    );
    t.is(worker.stdout, inline.stdout);
    t.is(worker.trace, inline.trace);
    t.true(worker.events.every(({ at }, index) => at >= (worker.events[index - 1]?.at ?? 0)));
    const other = await runWithFiles(
      t,
      "--seed",
      "2",
      "--net",
      "loss=5%,delay=0..300us",
      ...moving,
    );
    t.is(other.stdout, worker.stdout);
    t.not(other.trace, worker.trace);
  },
);

test.serial("files: --trace-level all: more events, the same run", async (t) => {
  const less = await runWithFiles(t, ...moving);
  const more = await runWithFiles(t, "--trace-level", "all", ...moving);
  t.true(more.events.length > less.events.length);
  t.is(more.report.virtualNs, less.report.virtualNs);
});

test.serial("files: without trace, report or summary: the same output, nothing told", async (t) => {
  const { stdout } = await runWithFiles(t, ...moving);
  const plain = await sojourn(["run", ...moving]);
  t.deepEqual(plain, { status: 0, signal: null, stdout, stderr: "", ours: [] });
});

test.serial(
  "files: --at: executed by time, ties in the order given, whatever their order on the line",
  async (t) => {
    const plan = [
      "--at",
      "12ms heal h1 h2",
      "--at",
      "9ms pause h3",
      "--at",
      "9ms continue h3",
      "--at",
      "9ms cut h1 h2",
    ];
    const { events, status } = await runWithFiles(t, ...plan, "count", "500");
    t.is(status, 0);
    const world = events.filter(({ event }) => /^(host\.(pause|continue)|cable\.)/.test(event));
    const names = world.map(({ at, host, event }) => `${Math.floor(at / 1e6)} ${host} ${event}`);
    t.deepEqual(names, [
      "9 h1 cable.cut",
      "9 h2 cable.cut",
      "9 h3 host.pause",
      "9 h3 host.continue",
      "12 h1 cable.heal",
      "12 h2 cable.heal",
    ]);
  },
);

test.serial("files: --migrate: the same run as --at with migrate", async (t) => {
  const short = await runWithFiles(t, "--migrate", "8ms=h3,eager-all", "count", "100");
  const long = await runWithFiles(
    t,
    "--at",
    "8ms migrate %1 h3 --strategy eager-all",
    "count",
    "100",
  );
  t.is(short.trace, long.trace);
  t.is(short.report.moves[0]?.host, "h3");
});

test.serial("files: a move after the end: a warning, and the program's own status", async (t) => {
  const { status, ours } = await sojourn(["run", "--migrate", "1s=h3", "count", "2"]);
  t.is(status, 0);
  t.is(ours.length, 1);
  t.regex(ours[0] ?? "", /^sojourn: warning: --migrate 1s=h3: count had ended at \d/);
});

test.serial("files: --wander: the output is unbroken, every stop is in the report", async (t) => {
  const { stdout, report } = await runWithFiles(t, "--wander", "3ms", "count", "1000");
  t.is(stdout, Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join(""));
  t.true(report.moves.length >= 3, `${report.moves.length} moves`);
  const drawn = await runWithFiles(
    t,
    "--wander",
    "3ms",
    "--strategy",
    "eager-all",
    "count",
    "1000",
  );
  t.true(drawn.report.moves.every(({ owed }) => owed === 0));
});

test.serial("files: --max-time: reported as what it is", async (t) => {
  const { report, status } = await runWithFiles(t, "--max-time", "9ms", "count", "100000");
  t.is(status, 124);
  t.like(report, { outcome: "max-time", status: 124, virtualNs: 9_000_000 });
});

// Counting stops the hosts again and again; a plan stops them once.
test.serial("files: stops on the way: invisible in the trace", async (t) => {
  const words = ["--net", "loss=5%", "--wander", "4ms", "count", "300"];
  const plain = await runWithFiles(t, ...words);
  const counted = await runWithFiles(t, "--max-instructions", "4000000", ...words);
  t.is(counted.status, 0);
  t.true(counted.report.counters.instructions > 3_000_000);
  t.deepEqual(counted.events, plain.events);
});
