// The command line as its users meet it: what is refused and how, and what each status means.
// One process after the other: each is a cluster of threads.

import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { needs } from "../needs.ts";
import { COMPILER, compileGuest } from "../oracle/oracle.ts";
import { type Ended, folder, sojourn, start } from "./cli-process.ts";

const countProgram = fileURLToPath(new URL("../../../fs-server/root/bin/count", import.meta.url));

/** Exactly one line of ours, and nothing else of ours anywhere. */
function endsWith(t: ExecutionContext, ended: Ended, status: number, line: RegExp): void {
  t.is(ended.signal, null);
  t.deepEqual(
    { status: ended.status, lines: ended.ours.length },
    { status, lines: 1 },
    ended.stderr,
  );
  t.regex(ended.ours[0] ?? "", line);
}

interface Bad {
  readonly of: string;
  readonly words: readonly string[];
  readonly line: RegExp;
  readonly status?: number;
}

const bad: readonly Bad[] = [
  { of: "no program", words: ["run"], line: /run what\?/ },
  { of: "an empty name", words: ["run", ""], line: /empty name/ },
  {
    of: "a missing program",
    words: ["run", "coumt"],
    line: /no such program: coumt \(looked in \/bin and \/usr\/bin of/,
  },
  {
    of: "a missing file",
    words: ["run", "./none"],
    line: /no such program: \.\/none \(looked for \/none in .*, and for .*\/none\)/,
  },
  {
    of: "a name that is here",
    words: ["run", "program.c"],
    line: /for the file of this machine type \.\/program\.c/,
  },
  { of: "a folder", words: ["run", "./sub"], line: /\.\/sub: it is a folder/ },
  { of: "a folder of the guests", words: ["run", "/bin"], line: /\/bin: it is a folder/ },
  { of: "a device", words: ["run", "/dev/../../dev/null"], line: /it is no regular file/ },
  { of: "not ELF", words: ["run", "./text"], line: /\.\/text: cannot be run: not an ELF/ },
  {
    of: "an empty file",
    words: ["run", "./empty"],
    line: /\.\/empty: cannot be run: an empty file/,
  },
  {
    of: "an ELF for this machine",
    words: ["run", process.execPath],
    line: /cannot be run: an executable for (x86-64|AArch64)/,
  },
  {
    of: "C source",
    words: ["run", "./program.c"],
    line: /\.\/program\.c: cannot be run: not an ELF/,
  },
  {
    of: "a script",
    words: ["run", "./script.sh"],
    line: /\.\/script\.sh: cannot be run: a script/,
  },
  { of: "a cut ELF", words: ["run", "./cut"], line: /\.\/cut: cannot be run: / },
  {
    of: "a cut ELF header",
    words: ["run", "./head"],
    line: /\.\/head: cannot be run: a truncated ELF/,
  },
  {
    of: "no such host",
    words: ["run", "--on", "h5", "count", "1"],
    line: /--on: no such host: "h5"/,
  },
  {
    of: "no such host to move to",
    words: ["run", "--migrate", "1ms=h5", "count", "1"],
    line: /"h5" is not h1 to h4/,
  },
  {
    of: "no such strategy",
    words: ["run", "--strategy", "eager", "count", "1"],
    line: /"eager" is not eager-all or/,
  },
  {
    of: "no such option",
    words: ["run", "--sed", "1", "count", "1"],
    line: /unknown option --sed \(do you mean "--seed"\?\)/,
  },
  {
    of: "a bad value",
    words: ["run", "--max-time", "5", "count", "1"],
    line: /--max-time: "5" is not a number, then ns/,
  },
  {
    of: "too little memory",
    words: ["run", "--memory", "4KiB", "count", "1"],
    line: /memory: from 1 MiB/,
  },
  {
    of: "a planned line that is none",
    words: ["run", "--at", "1ms crahs h2", "count", "1"],
    line: /--at '1ms crahs h2': /,
  },
  {
    of: "a planned line with a bad host",
    words: ["run", "--at", "1ms crash h9", "count", "1"],
    line: /h9/,
  },
  {
    of: "a planned line that waits",
    words: ["run", "--at", "1ms advance 5ms", "count", "1"],
    line: /does not wait/,
  },
  { of: "no such verb", words: ["rnu", "count"], line: /unknown verb rnu \(do you mean "run"\?\)/ },
  {
    of: "a line of the shell as a verb",
    words: ["residuals"],
    line: /residuals is a line of the shell/,
  },
  {
    of: "options before the verb",
    words: ["--seed", "2", "run", "count"],
    line: /options go after the verb/,
  },
  { of: "no help", words: ["help", "rnu"], line: /no help on rnu/ },
  { of: "no script", words: ["script"], line: /script of what\?/ },
  {
    of: "no such root",
    words: ["run", "--root", "none", "count", "1"],
    line: /cannot read the guests' disk none: no such/,
    status: 74,
  },
  {
    of: "a trace that cannot be written",
    words: ["run", "--trace", "none/t", "count", "1"],
    line: /cannot write none\/t: no such/,
    status: 74,
  },
  {
    of: "a report that is a folder",
    words: ["run", "--report", "sub", "count", "1"],
    line: /cannot write sub: it is a folder/,
    status: 74,
  },
  {
    of: "no such script file",
    words: ["script", "none"],
    line: /cannot read none: no such/,
    status: 74,
  },
];

for (const { of, words, line, status = 64 } of bad) {
  test.serial(`cli: ${of}: refused with ${status} and one line`, async (t) => {
    const ended = await sojourn(words, { cwd: plant(t) });
    endsWith(t, ended, status, line);
    t.is(ended.stdout, "");
  });
}

/** A folder with files that are no programs. */
function plant(t: ExecutionContext): string {
  const path = folder(t);
  const elf = readFileSync(countProgram);
  mkdirSync(join(path, "sub"));
  writeFileSync(join(path, "text"), "just words\n", { mode: 0o755 });
  writeFileSync(join(path, "empty"), "", { mode: 0o755 });
  writeFileSync(join(path, "program.c"), "int main(void) { return 0; }\n");
  writeFileSync(join(path, "script.sh"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
  writeFileSync(join(path, "cut"), elf.subarray(0, Math.floor(elf.length / 2)), { mode: 0o755 });
  writeFileSync(join(path, "head"), elf.subarray(0, 40), { mode: 0o755 });
  return path;
}

test.serial(
  "cli: help and version: on standard output, status 0, nothing of ours on standard error",
  async (t) => {
    const all = [["--help"], ["help"], ["help", "run"], ["run", "--help"], ["script", "--help"]];
    for (const words of [...all, ["help", "migrate"], ["migrate", "--help"], ["--version"]]) {
      const { status, stdout, stderr } = await sojourn(words);
      t.deepEqual({ status, stderr }, { status: 0, stderr: "" }, words.join(" "));
      t.regex(stdout, /sojourn|migrate/);
    }
    const help = (await sojourn(["help", "run"])).stdout;
    t.regex(help, /--max-instructions N .*124/);
    for (const line of help.split("\n")) t.true(line.length <= 100, line);
  },
);

for (const driver of ["worker", "inline"]) {
  const run = (...words: string[]): Promise<Ended> =>
    sojourn(["run", "--driver", driver, ...words]);

  test.serial(
    `cli: ${driver}: a program that ends by itself: its output, its status, no line`,
    async (t) => {
      const { status, stdout, stderr } = await run("echo", "--seed", "a b", "--");
      t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "--seed a b --\n", stderr: "" });
      const misused = await run("count");
      t.deepEqual({ status: misused.status, stdout: misused.stdout }, { status: 64, stdout: "" });
      t.deepEqual(misused.ours, []);
      t.regex(misused.stderr, /^count: /);
    },
  );

  test.serial(`cli: ${driver}: a machine file: runs as /mnt/NAME, argv[0] as typed`, async (t) => {
    const path = folder(t);
    copyFileSync(countProgram, join(path, "mine"));
    const { status, stdout } = await sojourn(["run", "--driver", driver, "./mine", "3"], {
      cwd: path,
    });
    t.deepEqual({ status, stdout }, { status: 0, stdout: "1\n2\n3\n" });
  });

  test.serial(
    `cli: ${driver}: --max-time and --max-instructions: 124, the output up to there`,
    async (t) => {
      const time = await run("--max-time", "20ms", "count", "100000000");
      endsWith(t, time, 124, /count: --max-time 20ms is spent/);
      t.regex(time.stdout, /^1\n2\n/);
      const instructions = await run("--max-instructions", "300000", "count", "100000000");
      endsWith(t, instructions, 124, /count: --max-instructions 300000 spent at/);
      t.regex(instructions.stdout, /^1\n2\n/);
    },
  );

  test.serial(`cli: ${driver}: its host crashes: 137 and the host's name`, async (t) => {
    const ended = await run("--on", "h2", "--at", "10ms crash h2", "count", "1000000");
    endsWith(t, ended, 137, /count: died with its host h2/);
  });

  test.serial(
    `cli: ${driver}: its host stands still for good: deadlock, 75, who waits for what`,
    async (t) => {
      const ended = await run("--at", "10ms pause h1", "count", "1000000");
      endsWith(
        t,
        ended,
        75,
        /deadlock: no task can ever run again: count \(pid 10001 on h1\): its host/,
      );
    },
  );

  test.serial(
    `cli: ${driver}: a host crashes that still owes pages: 135, the host and the address`,
    async (t) => {
      // The task is at home on h1, and what it leaves on h2 is lost with h2.
      const moves = ["--migrate", "10ms=h2", "--migrate", "20ms=h3", "--at", "30ms crash h2"];
      const ended = await run(...moves, "primes", "3000000");
      endsWith(
        t,
        ended,
        135,
        /primes: bus error at 0x[0-9a-f]+: the page was owed by h2, which was lost/,
      );
    },
  );
}

test.serial("cli: both drivers: the same limits end at the same place", async (t) => {
  const words = ["--max-instructions", "1234567", "--wander", "3ms", "count", "100000000"];
  const [worker, inline] = await Promise.all(
    ["worker", "inline"].map((driver) => sojourn(["run", "--driver", driver, ...words])),
  );
  t.is(worker?.status, 124);
  t.is(worker?.stdout, inline?.stdout);
  t.is(worker?.stderr, inline?.stderr);
});

test.serial("cli: lines on a pipe: a script, without a verb or with one", async (t) => {
  const lines = "migrate %1 h2\n";
  for (const words of [
    ["--seed", "3"],
    ["script", "-"],
  ]) {
    const running = start(words, { stdin: "pipe" });
    await running.feed(`count 3 1ms &\n${lines}wait\n`);
    running.closeInput();
    const { status, stdout } = await running.ended;
    t.is(status, 0);
    t.regex(stdout, /%1 h1 -> h2 copy-on-reference: freeze /);
    t.regex(stdout, /3\n$/);
  }
});

test.serial("cli: a folder as standard input: 74 and one line", async (t) => {
  const input = openSync(folder(t), "r");
  const ended = await sojourn(["run", "cat"], { stdin: input });
  closeSync(input);
  endsWith(t, ended, 74, /cannot read standard input: it is a folder/);
});

test.serial("cli: killed by a planned line: 128 + signal and one line", async (t) => {
  const kill = await sojourn(["run", "--at", "9ms kill %1 KILL", "count", "1000000"]);
  endsWith(t, kill, 137, /count: killed/);
  const term = await sojourn(["run", "--at", "9ms kill %1", "count", "1000000"]);
  endsWith(t, term, 143, /count: ended by SIGTERM/);
});

test.serial(
  "cli: a planned exit, and an expectation that fails: that status, one line",
  async (t) => {
    const left = await sojourn(["run", "--at", "9ms exit 7", "count", "1000000"]);
    endsWith(t, left, 7, /left by --at '9ms exit 7'/);
    const unmet = await sojourn(["run", "--at", "9ms expect host %1 h3", "count", "1000000"]);
    endsWith(t, unmet, 1, /--at '9ms expect host %1 h3': expected .*h3, got .*h1/);
  },
);

const deaths: readonly (readonly [string, string, number, RegExp])[] = [
  ["segmentation fault", "*(volatile int *)0x10 = 1;", 139, /segmentation fault at 0x10$/],
  ["illegal instruction", '__asm__(".word 0");', 132, /illegal instruction at 0x[0-9a-f]+$/],
  ["abort", "abort();", 134, /aborted$/],
  ["a signal of its own", "raise(SIGTERM);", 143, /ended by SIGTERM$/],
];

for (const [of, body, status, line] of deaths) {
  needs(COMPILER)(`cli: a program's ${of}: ${status} and one line with its name`, async (t) => {
    const path = folder(t);
    const source = `#include <signal.h>\n#include <stdlib.h>\nint main(void) { ${body} return 0; }\n`;
    writeFileSync(join(path, "dies.c"), source);
    copyFileSync(compileGuest(join(path, "dies.c")), join(path, "dies"));
    const ended = await sojourn(["run", "./dies"], { cwd: path });
    endsWith(t, ended, status, line);
    t.regex(ended.ours[0] ?? "", /^sojourn: \.\/dies: /);
  });
}
