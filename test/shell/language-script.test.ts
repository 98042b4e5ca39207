// Goal: scripts judge what they say they judge, through the real binary, alike in both drivers.
// Method: every example and scenario is run; scripts that fail, and how they say so; Ctrl-C.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";

const main = fileURLToPath(new URL("../../shell/main.js", import.meta.url));
const project = fileURLToPath(new URL("../../../", import.meta.url));
const drivers = ["inline", "worker"] as const;
const net = "loss=2%,delay=0..300us";

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly ended: Promise<Ended>;
  readonly interrupt: () => void;
  readonly wrote: Promise<void>;
}

function start(args: readonly string[], input = "", cwd = process.cwd()): Started {
  const child = spawn(process.execPath, [main, ...args], { stdio: "pipe", cwd });
  child.stdin.on("error", () => {}); // it may have ended before it read all
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  const wrote = new Promise<void>((resolve) => {
    child.stdout.on("data", (bytes: Buffer) => {
      stdout += bytes.toString("utf8");
      resolve();
    });
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString("utf8");
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  return { ended, wrote, interrupt: () => child.kill("SIGINT") };
}

function sojourn(args: readonly string[], input = "", cwd?: string): Promise<Ended> {
  return start(args, input, cwd).ended;
}

/** The first line that is not the same, twice; null if all are. */
function firstDifference(a: string, b: string): string | null {
  const [linesA, linesB] = [a.split("\n"), b.split("\n")];
  const length = Math.max(linesA.length, linesB.length);
  const at = Array.from({ length }, (_, index) => index).find((i) => linesA[i] !== linesB[i]);
  return at === undefined ? null : `line ${at + 1}: ${linesA[at]} | ${linesB[at]}`;
}

/** A script from standard input, in the driver that is quicker to boot. */
function script(lines: readonly string[], options: readonly string[] = []): Promise<Ended> {
  return sojourn(["script", "--driver", "inline", ...options, "-"], lines.join("\n"));
}

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "sojourn-script-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

/** What the soak has found, and shortened, stands with the world in which it failed. */
function optionsOf(file: string): readonly string[] {
  const line = /^# options: (.*)$/m.exec(readFileSync(file, "utf8"))?.[1];
  return line ? line.split(" ") : ["--net", net];
}

const places = [
  "docs/examples",
  "test/scenarios",
  "test/scenarios/forwarding",
  "test/scenarios/found",
];
for (const place of places)
  for (const name of readdirSync(join(project, place)).filter((file) => file.endsWith(".sojourn")))
    test.serial(
      `script: ${place}/${name}: holds, and is the same to the byte in both drivers`,
      async (t) => {
        const path = folder(t);
        const runs = await Promise.all(
          drivers.map(async (driver) => {
            const own = join(path, driver); // what it saves is its own
            mkdirSync(own);
            const trace = join(own, "trace");
            const file = join(project, place, name);
            const options = ["--driver", driver, "--trace", trace, ...optionsOf(file)];
            const ended = await sojourn(["script", ...options, file], "", own);
            return { ...ended, trace: readFileSync(trace, "utf8") };
          }),
        );
        const [inline, worker] = runs;
        t.is(inline?.status, 0, inline?.stderr);
        t.true((inline?.trace.split("\n").length ?? 0) > 10);
        for (const part of ["stdout", "stderr", "trace"] as const) {
          t.is(firstDifference(inline?.[part] ?? "", worker?.[part] ?? ""), null, part);
        }
        t.is(worker?.status, 0);
      },
    );

test.serial(
  "script: a line that fails: FILE:LINE, what was expected and got; nothing after it runs",
  async (t) => {
    const file = join(folder(t), "fails.sojourn");
    writeFileSync(file, "# first\ncount 2\n\nexpect status 3\ncount 9\n");
    const { status, stdout, stderr } = await sojourn(["script", "--driver", "inline", file]);
    t.is(status, 1);
    t.is(stdout, "1\n2\n");
    const again = `again: sojourn script --driver inline ${file}`;
    t.is(stderr, `${file}:4: expected status 3 of %1, got status 0\n${again}\n`);
  },
);

const failures: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  [
    "expect output",
    ["count 2", "expect output /^3$/m"],
    1,
    /^-:2: expected output \/\^3\$\/m of %1, got output that ends in "2"\n$/,
  ],
  [
    "expect host",
    ["count 2", "expect host %1 h2"],
    1,
    /^-:2: expected %1 on h2, got it is on h1\n$/,
  ],
  [
    "expect no residual",
    ["primes 300000 &", "run-until exec.done", "migrate %1 h2", "expect no residual %1"],
    1,
    /^-:4: expected no residual of %1, got if h1 is lost: bus error at .+\n$/,
  ],
  ["a command that refuses", ["restart h2"], 1, /^-:1: expected h2 to restart, got it is up\n$/],
  ["a job that is not there", ["", "wait %3"], 1, /^-:2: expected a job, got no such job: %3\n$/],
  [
    "a line that does not parse",
    ["count 2", "count '3"],
    64,
    /^sojourn: -:2: .*not closed \(column 7\)\n$/,
  ],
  ["a misspelt verb", ["crsh h1"], 64, /^sojourn: -:1: .*do you mean "crash"\?\)\n$/],
  ["a host that is not there", ["crash h5"], 64, /^sojourn: -:1: .*h1 to h4 or fs, got "h5".*\n$/],
  [
    "a deadlock at the end",
    ["count 3 &", "pause h1"],
    75,
    /^sojourn: -:end: .*deadlock: %1 count 3 on h1: .+\n$/,
  ],
];

for (const [what, lines, code, line] of failures)
  test.serial(`script: ${what}: status ${code} and one line`, async (t) => {
    const { status, stderr } = await script(lines);
    t.is(status, code);
    t.regex(stderr, line);
  });

test.serial("script: --max-time: bounds also the wait at the end", async (t) => {
  const { status, stdout, stderr } = await script(["count 1000 10ms &"], ["--max-time", "300ms"]);
  t.is(status, 124);
  t.regex(stdout, /^1\n2\n/);
  t.regex(stderr, /^sojourn: -:end: .*--max-time is spent\n$/);
});

test.serial("script: its end: jobs that still run are waited for; exit leaves them", async (t) => {
  t.deepEqual(await script(["count 3 5ms &"]), { status: 0, stdout: "1\n2\n3\n", stderr: "" });
  t.deepEqual(await script(["count 3 5ms &", "exit 5"]), { status: 5, stdout: "", stderr: "" });
});

test.serial("script: a pipe at the shell's own standard input: is a script", async (t) => {
  const { status, stdout } = await sojourn(["--driver", "inline"], "count 2\nexpect status 0\n");
  t.is(status, 0);
  t.is(stdout, "1\n2\n");
});

test.serial("script: a file that cannot be read: status 74", async (t) => {
  const { status, stderr } = await sojourn(["script", join(folder(t), "absent")]);
  t.is(status, 74);
  t.regex(stderr, /^sojourn: cannot read .*absent: no such file.*\n$/);
});

test.serial(
  "script: a program of this machine: is found and runs under its own name",
  async (t) => {
    const file = join(folder(t), "speak");
    writeFileSync(file, readFileSync(join(project, "fs-server/root/bin/echo")));
    const { status, stdout } = await script([`${file} hello`, `@h2 ${file} there &`, "wait"]);
    t.is(status, 0);
    t.is(stdout, "hello\nthere\n");
  },
);

test.serial(
  "script: a program that does not read a thing from a script: its input is empty",
  async (t) => {
    t.like(await script(["cat", "expect status 0", "expect output /^$/"]), {
      status: 0,
      stdout: "",
    });
  },
);

for (const driver of drivers)
  test.serial(
    `script: Ctrl-C in a long line: status 130 within a second (${driver})`,
    async (t) => {
      const { wrote, interrupt, ended } = start(
        ["script", "--driver", driver, "-"],
        "count 9999999\n",
      );
      await wrote;
      const from = performance.now();
      interrupt();
      const { status, stderr } = await ended;
      t.is(status, 130);
      t.is(stderr, "sojourn: interrupted\n");
      t.true(performance.now() - from < 1000);
    },
  );
