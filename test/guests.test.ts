// The guests' own programs, under qemu-riscv64: they are what their sources say, and behave like the
// tools of the same names on this machine.
import { spawnSync } from "node:child_process";
import type { SpawnSyncReturns } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import test from "ava";
import type { ExecutionContext } from "ava";

import { needs } from "./needs.ts";
import { COMPILER, QEMU } from "./oracle/oracle.ts";
import type { OracleFile, Outcome } from "./oracle/oracle.ts";

const ROOT = fileURLToPath(new URL("../../fs-server/root/", import.meta.url));
const BUILDER = fileURLToPath(new URL("../../fs-server/build-guests.mjs", import.meta.url));

const PROGRAMS: readonly string[] = [
  ...["cat", "churn", "count", "echo", "false", "grep", "head", "ls", "mapper", "pager"],
  ...["pinger", "ponger", "primes", "runner", "sleep", "sort", "tee", "toucher", "true", "watcher"],
  ...["wc", "where", "yes"],
];
const MISUSED = 64;

const STORY = "one line\n\n  two\twords \v and\fmore\r\nüber 水 Ünïcödé\nno end";
const FILES: readonly OracleFile[] = [
  { name: "story", bytes: Buffer.from(STORY) },
  { name: "empty", bytes: Buffer.alloc(0) },
  { name: "big", bytes: Buffer.from(`${STORY}\n`.repeat(5000)) },
  { name: "numbers", bytes: Buffer.from("10\n9\n-3\n 2\n0.5\n-0\nx\n9\n-3.25\n007\n1.50\n1.5\n") },
  { name: ".hidden", bytes: Buffer.from("hidden\n") },
  { name: "below/deep", bytes: Buffer.from("deep\n") },
  { name: "bytes", bytes: Buffer.from(Array.from({ length: 1024 }, (_, at) => (at * 7) % 256)) },
];

const qemuTest = needs(QEMU);

test("guests: the folder of programs: has the named programs and no other", (t) => {
  t.deepEqual(readdirSync(join(ROOT, "bin")).sort(), PROGRAMS);
});

// Another version of the compiler makes other bytes, so it is the recorded one that is needed.
needs(compilerIsRecorded() ? COMPILER : recordedCompiler())(
  "guests: rebuilt from a copy in another folder: the same bytes as the committed programs",
  (t: ExecutionContext) => {
    const copy = temporaryFolder();
    t.teardown(() => rmSync(copy, { recursive: true }));
    for (const folder of ["src", "include"])
      cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    const built = spawnSync(process.execPath, [BUILDER, "--root", copy], { encoding: "utf8" });
    t.is(built.status, 0, built.stderr);
    for (const name of [...PROGRAMS.map((program) => `bin/${program}`), "BUILT-WITH"])
      t.true(readFileSync(join(copy, name)).equals(readFileSync(join(ROOT, name))), name);
  },
);

for (const args of [
  [],
  [""],
  ["one"],
  ["one", "two  three", "", "four"],
  ["--"],
  ["-", "-x"],
  ["-n"],
  ["-n", "no", "end"],
  ["a", "-n"],
  ["x".repeat(10_000)],
])
  qemuTest(`echo: ${shown(args)}: as the machine's own`, (t: ExecutionContext) => {
    sameAsMachine(t, "echo", args);
  });

for (const [args, stdin] of [
  [["story"], ""],
  [["empty"], ""],
  [["big", "story", "bytes"], ""],
  [[], STORY],
  [["-"], STORY],
  [["story", "-", "story"], "between\n"],
  [["-u", "story"], ""],
  [["--", "story"], ""],
  [["absent"], ""],
  [["absent", "story", "."], ""],
  [["story/below"], ""],
  [["-", "-"], "once\n"],
] as const)
  qemuTest(
    `cat: ${shown(args)} < ${stdin.length} bytes: as the machine's own`,
    (t: ExecutionContext) => {
      sameAsMachine(t, "cat", args, stdin);
    },
  );

for (const [args, stdin] of [
  [["story"], ""],
  [["empty"], ""],
  [["big"], ""],
  [["-c", "bytes"], ""],
  [["-l", "bytes"], ""],
  [["-m", "big"], ""],
  [["-lm", "story"], ""],
  [["-l", "story", "big"], ""],
  [["-w", "-c", "story", "empty", "big"], ""],
  [["-cl", "--", "story"], ""],
  [[], STORY],
  [["-"], STORY],
  [["story", "-"], STORY],
  [["-lwc"], " "],
  [["absent"], ""],
  [["story", "absent", "empty"], ""],
] as const)
  qemuTest(
    `wc: ${shown(args)} < ${stdin.length} bytes: as the machine's own`,
    (t: ExecutionContext) => {
      sameAsMachine(t, "wc", args, stdin, withSingleSpaces);
    },
  );

for (const [program, args, stdin] of [
  ["head", ["story"], ""],
  ["head", ["big"], ""],
  ["head", ["-n", "3", "big"], ""],
  ["head", ["-n2", "story"], ""],
  ["head", ["-n", "0", "story"], ""],
  ["head", ["-n", "1", "story", "empty", "big"], ""],
  ["head", ["story", "absent", "-"], "from here\n"],
  ["head", ["absent"], ""],
  ["head", ["."], ""],
  ["head", [], `${STORY}\n`.repeat(9)],
  ["grep", ["-F", "line", "story"], ""],
  ["grep", ["-F", "Ünï", "story"], ""],
  ["grep", ["-F", "-v", "line", "story"], ""],
  ["grep", ["-F", "-c", "line", "big"], ""],
  ["grep", ["-Fvc", "line", "big", "story", "empty"], ""],
  ["grep", ["-F", "line", "big", "story"], ""],
  ["grep", ["-F", "", "story"], ""],
  ["grep", ["-F", "none of it", "story"], ""],
  ["grep", ["-F", "l.ne", "story"], ""],
  ["grep", ["-F", "--", "-v", "story"], ""],
  ["grep", ["-F", "line", "absent", "story"], ""],
  ["grep", ["-F", "o", "-", "story"], "one\ntwo"],
  ["grep", ["-F", "x"], `${"y".repeat(200_000)}x\nno\n${"x".repeat(150_000)}`],
  ["sort", ["story"], ""],
  ["sort", ["big", "story", "numbers"], ""],
  ["sort", ["-r", "big", "numbers"], ""],
  ["sort", ["-n", "numbers"], ""],
  ["sort", ["-rn", "numbers", "-"], "8\n9.01"],
  ["sort", ["empty"], ""],
  ["sort", ["absent"], ""],
  ["sort", ["story", "."], ""],
  ["sort", [], "b\n\na\nab\nB\na\0b\na"],
  ["tee", [], STORY],
  ["tee", ["-a", "copy", "story"], "x".repeat(200_000)],
  ["tee", ["absent/copy", "."], STORY],
  ["ls", [], ""],
  ["ls", ["-a"], ""],
  ["ls", ["-a", "below"], ""],
  ["ls", ["story", "below", ".", "empty"], ""],
  ["ls", ["below/", "absent", "below/deep"], ""],
  ["ls", ["absent"], ""],
  ["ls", ["story/x", ""], ""],
  ["ls", ["/etc/passwd"], ""],
  ["true", ["whatever"], ""],
  ["false", ["whatever"], ""],
  ["sleep", ["0"], ""],
  ["sleep", ["0.01s"], ""],
] as const)
  qemuTest(
    `${program}: ${shown(args)} < ${stdin.length} bytes: as the machine's own`,
    (t: ExecutionContext) => {
      sameAsMachine(t, program, args, stdin);
    },
  );

qemuTest("ls: -l: type and permissions, size and name, sizes in one column", (t) => {
  const { status, stdout, stderr } = guest("ls", ["-l", "big", "empty", "below"]);
  t.deepEqual([status, `${stderr}`], [0, ""]);
  const bytes = Buffer.byteLength(`${STORY}\n`) * 5000;
  const expected = [
    `-rw-r--r-- ${bytes} big`,
    `-rw-r--r-- ${"0".padStart(`${bytes}`.length)} empty`,
    "",
    "below:",
    "-rw-r--r-- 5 deep",
  ];
  t.deepEqual(`${stdout}`.split("\n"), [...expected, ""]);
});

qemuTest("ls: -l of a device: its type", (t) => {
  t.regex(`${guest("ls", ["-l", "/dev/null"]).stdout}`, /^crw-rw-rw- 0 \/dev\/null\n$/);
});

for (const [program, ...args] of [
  ["yes"],
  ["yes", "a", "b"],
  ["cat", "/dev/zero"],
  ["tee", "/dev/null"],
] as const)
  qemuTest(`${program}: ${shown(args)} into a pipe that breaks: ends by SIGPIPE`, (t) => {
    const command = `${QEMU} ${join(ROOT, "bin", program)} ${args.join(" ")}`;
    const script = `yes | ${command} | head -c 100000 | wc -c; echo \${PIPESTATUS[1]}`;
    const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    t.is(stdout, "100000\n141\n");
  });

qemuTest("yes: its lines: as the machine's own", (t) => {
  for (const args of ["", "one", "one two", "'' x", "-- -n"]) {
    const first = (command: string): string =>
      spawnSync("bash", ["-c", `${command} ${args} | head -n 5000 | cksum`], { encoding: "utf8" })
        .stdout;
    if (args !== "-- -n") t.is(first(`${QEMU} ${join(ROOT, "bin", "yes")}`), first("yes"), args);
  }
});

qemuTest("tee: into files, over what is there or behind it: their bytes", (t) => {
  const folder = temporaryFolder();
  t.teardown(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]): void => {
    spawnSync(QEMU, [join(ROOT, "bin", "tee"), ...args], { cwd: folder, input: "in\n" });
  };
  writeFileSync(join(folder, "one"), "longer than that\n");
  run("one", "two");
  run("-a", "two");
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  t.deepEqual([read("one"), read("two")], ["in\n", "in\nin\n"]);
});

qemuTest("wc: a folder: counts nothing and says why", (t: ExecutionContext) => {
  const { status, stdout, stderr } = guest("wc", ["."]);
  t.deepEqual([status, `${stdout}`, `${stderr}`], [1, "0 0 0 .\n", "wc: .: Is a directory\n"]);
});

for (const n of [0, 1, 12])
  qemuTest(`count: ${n}: a write for each line`, (t: ExecutionContext) => {
    const { stdout, stderr } = underQemu(["-strace"], "count", [`${n}`]);
    t.is(`${stdout}`, upTo(n));
    const writes = `${stderr}`.match(/write\(1,.*= \d+$/gm) ?? [];
    t.is(writes.length, n);
  });

qemuTest("count: no DURATION: computes some 10,000 instructions a line", (t: ExecutionContext) => {
  // qemu logs a line for each block that it runs, and a block is one instruction here.
  const instructions = (n: number): number => {
    const { stderr } = underQemu(["-singlestep", "-d", "exec,nochain"], "count", [`${n}`]);
    return stderr.toString("latin1").split("\nTrace ").length;
  };
  const perLine = (instructions(6) - instructions(1)) / 5;
  t.true(perLine > 9_500 && perLine < 10_500, `${perLine}`);
});

qemuTest("count: with a DURATION: sleeps for it after each line", (t: ExecutionContext) => {
  const before = process.hrtime.bigint();
  const { stdout, stderr } = underQemu(["-strace"], "count", ["3", "20.5ms"]);
  t.true(process.hrtime.bigint() - before >= 61_500_000n);
  t.is(`${stdout}`, upTo(3));
  const calls = `${stderr}`.match(/(write\(1|clock_nanosleep).*/g) ?? [];
  t.deepEqual(
    calls.map((call) => call.slice(0, 5)),
    ["write", "clock", "write", "clock", "write", "clock"],
  );
});

for (const duration of ["0ms", "100ns", "1us", "0.000001s", "1.500000ms", "00.1ms"])
  qemuTest(`count: 2 ${duration}: is a duration`, (t: ExecutionContext) => {
    const { status, stdout } = guest("count", ["2", duration]);
    t.deepEqual([status, `${stdout}`], [0, upTo(2)]);
  });

for (const [program, ...args] of [
  ["count"],
  ["count", ""],
  ["count", "-1"],
  ["count", "1.5"],
  ["count", "9223372036854775808"],
  ["count", "99999999999999999999"],
  ["count", "1", "1ms", "more"],
  ...["", "10", "ms", ".5s", "1.s", "1m", "-1ms", "1e3ns", "0.5ns", "1 ms", "10000000000s"].map(
    (duration) => ["count", "1", duration] as const,
  ),
  ["primes"],
  ["primes", "ten"],
  ["primes", "1", "2"],
  ["primes", "1000000000001"],
  ["where", "x"],
  ["where", "1", "2"],
  ["pinger"],
  ["pinger", "x"],
  ["pinger", "1", "name", "more"],
  ["ponger", "-1"],
  ["runner", "a"],
  ["runner", "a", "b", "0"],
  ["runner", "a", "b", "17"],
  ["watcher"],
  ["pager"],
  ["pager", "a", "0"],
  ["pager", "a", "8", "silent"],
  ["pager", "a", "8", "kind", "1"],
  ["mapper"],
  ["mapper", "a", "0"],
  ["mapper", "a", "1", "2", "perhaps"],
  ["head", "-n"],
  ["head", "-n", "x"],
  ["head", "-c", "3"],
  ["grep"],
  ["grep", "-x", "text"],
  ["sort", "-k"],
  ["sleep"],
  ["sleep", "x"],
  ["sleep", "1m"],
  ["sleep", "1", "2"],
  ["tee", "-i"],
  ["ls", "-R"],
  ["cat", "-x"],
  ["wc", "-lx", "story"],
] as const)
  qemuTest(
    `${program}: ${shown(args)}: is misuse, and its usage is told`,
    (t: ExecutionContext) => {
      const { status, stdout, stderr } = guest(program, args);
      t.deepEqual([status, `${stdout}`], [MISUSED, ""]);
      t.regex(`${stderr}`, new RegExp(`^${program}: .+\nusage: ${program} .+\n$`));
    },
  );

for (const last of [0, 1, 2, 3, 4, 9, 30, 127, 128, 129, 10_000])
  qemuTest(`primes: ${last}: the primes up to it`, (t: ExecutionContext) => {
    const { status, stdout } = guest("primes", [`${last}`]);
    const expected = Array.from({ length: last + 1 }, (_, n) => n).filter(isPrime);
    t.deepEqual([status, `${stdout}`], [0, expected.map((prime) => `${prime}\n`).join("")]);
  });

qemuTest(
  "primes: a sieve of many pages: the 78498 primes below a million",
  (t: ExecutionContext) => {
    const { stdout } = guest("primes", ["1000000"]);
    const primes = `${stdout}`.trimEnd().split("\n");
    t.is(primes.length, 78_498);
    t.is(primes.at(-1), "999983");
  },
);

for (const [program, ...args] of [
  ["pinger", "1"],
  ["ponger", "1"],
  ["runner", "a", "b"],
  ["watcher", "a"],
  ["pager", "a"],
  ["mapper", "a"],
] as const)
  qemuTest(`${program}: a kernel without ports: says so and fails`, (t: ExecutionContext) => {
    const { status, stdout, stderr } = guest(program, args);
    t.deepEqual([status, `${stdout}`], [1, ""]);
    t.regex(`${stderr}`, new RegExp(`^${program}: cannot .+: .+\n$`));
  });

qemuTest("where: a kernel that is not ours: says so and fails", (t: ExecutionContext) => {
  const { status, stdout, stderr } = guest("where", ["3"]);
  t.deepEqual([status, `${stdout}`], [1, ""]);
  t.is(`${stderr}`, "where: this kernel does not name its host: Function not implemented\n");
});

for (const args of [["echo", "x"], ["count", "3"], ["primes", "9"], ["wc", "-"], ["cat"]] as const)
  qemuTest(`${args[0]}: output that has no room: says so and fails`, (t: ExecutionContext) => {
    const [program, ...rest] = args;
    const full = openSync("/dev/full", "w");
    const { status, stderr } = underQemu([], program, rest, full);
    t.deepEqual([status, `${stderr}`], [1, `${program}: write error: No space left on device\n`]);
  });

for (const [status, text, ...args] of [
  [1, "head: write error", "head"],
  [2, "grep: write error", "grep", "i"],
  [2, "sort: write failed", "sort"],
  [2, "ls: write error", "ls"],
  [1, "tee: standard output", "tee"],
  [1, "yes: standard output", "yes"],
] as const)
  qemuTest(`${args[0]}: output that has no room: says so and fails`, (t: ExecutionContext) => {
    const [program, ...rest] = args;
    const full = openSync("/dev/full", "w");
    const run = underQemu([], program, rest, full);
    t.deepEqual([run.status, `${run.stderr}`], [status, `${text}: No space left on device\n`]);
  });

function guest(program: string, args: readonly string[], stdin = ""): Outcome {
  return amongFiles(QEMU, [join(ROOT, "bin", program), ...args], stdin);
}

/** Runs a guest with options for qemu itself, and with standard output wherever it shall go. */
function underQemu(
  options: readonly string[],
  program: string,
  args: readonly string[],
  stdout: number | "pipe" = "pipe",
): SpawnSyncReturns<Buffer> {
  return spawnSync(QEMU, [...options, join(ROOT, "bin", program), ...args], {
    input: "some input\n",
    maxBuffer: 2 ** 28,
    stdio: ["pipe", stdout, "pipe"],
  });
}

/** Runs the tool of this machine on the same files and input. */
function machine(program: string, args: readonly string[], stdin: string): Outcome {
  return amongFiles(program, args, stdin);
}

function amongFiles(program: string, args: readonly string[], stdin: string): Outcome {
  const folder = temporaryFolder();
  try {
    for (const { name, bytes } of FILES) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const result = spawnSync(program, args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
      input: stdin,
    });
    return { status: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sameAsMachine(
  t: ExecutionContext,
  program: string,
  args: readonly string[],
  stdin = "",
  shape: (stdout: string) => string = (stdout) => stdout,
): void {
  const ours = guest(program, args, stdin);
  const theirs = machine(program, args, stdin);
  t.is(shape(ours.stdout.toString("latin1")), shape(theirs.stdout.toString("latin1")));
  t.is(`${ours.stderr}`, `${theirs.stderr}`);
  t.is(ours.status, theirs.status);
}

// POSIX lets the columns be padded; ours are not.
function withSingleSpaces(stdout: string): string {
  return stdout.replace(/^ +/gm, "").replace(/ +/g, " ");
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return n >= 2;
}

function upTo(n: number): string {
  return Array.from({ length: n }, (_, index) => `${index + 1}\n`).join("");
}

function shown(args: readonly string[]): string {
  return JSON.stringify(args).slice(0, 60);
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "sojourn-guests-"));
}

function recordedCompiler(): string {
  return readFileSync(join(ROOT, "BUILT-WITH"), "utf8").trim().replace("\n", ", ");
}

function compilerIsRecorded(): boolean {
  const { stdout } = spawnSync(process.execPath, [BUILDER, "--versions"], { encoding: "utf8" });
  return stdout.trim().replace("\n", ", ") === recordedCompiler();
}
