// The oracle: ordinary C programs, what they are to be run with, and what qemu-riscv64 makes of
// them. Our emulator must give the same bytes and the same status.
//
//   programs/NAME.c   says at its head, in comments, how it is run:
//
//     // flags: -O1 …          for the compiler, after the usual ones
//     // file: NAME KIND       a file in the working folder, with content of that kind
//     // args: WORD…           a run with these arguments (one run a line; without any, one run)
//     // stdin: KIND           of the run above it; nothing by default
//     // status: N             of the run above it; 0 by default
//
// Contents are generated, and the kinds are the keys of `CONTENTS`.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export type OracleFile = { readonly name: string; readonly bytes: Buffer };

export type OracleRun = {
  /** The program's name, its arguments and the kind of its input: unique, and good as a title. */
  readonly name: string;
  /** Path of the C file. */
  readonly source: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  readonly stdin: Buffer;
  /** To be found in the working folder, by these relative names. */
  readonly files: readonly OracleFile[];
  /** What the program's author says that it must end with: it does not come from qemu. */
  readonly status: number;
};

export type Outcome = {
  /** As a shell has it: 128 + signal if the program was killed. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
};

export type QemuOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** The path of the ELF by default, as when it is typed. */
  readonly argv0?: string;
  readonly files?: readonly OracleFile[];
  readonly timeoutMs?: number;
};

export const COMPILER = "riscv64-linux-gnu-gcc";
export const QEMU = "qemu-riscv64";

/** What our emulator gives to every program. */
export const GUEST_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: "/bin:/usr/bin",
  HOME: "/",
  TERM: "dumb",
  LANG: "C.UTF-8",
};

// Compiled to dist/test/oracle: three folders below the project.
const PROGRAMS = fileURLToPath(new URL("../../../test/oracle/programs/", import.meta.url));
const GLIBC_FLAGS: readonly string[] = ["-static", "-O2", "-std=gnu17", "-w"];

/** Every run of every program, in the order of their names. */
export function oraclePrograms(): readonly OracleRun[] {
  const names = readdirSync(PROGRAMS).filter((name) => name.endsWith(".c"));
  return names.sort().flatMap((name) => runsOf(join(PROGRAMS, name)));
}

/** Path of the static executable for a C file. Compiled once for each source, flags and compiler;
    the folder below the temporary one may be deleted at any time. */
export function compileGuest(
  source: string,
  options: { readonly flags?: readonly string[] } = {},
): string {
  const flags = [...GLIBC_FLAGS, ...(options.flags ?? [])];
  const key = createHash("sha256")
    .update(JSON.stringify([readFileSync(source, "utf8"), flags, compilerVersion()]))
    .digest("hex");
  const folder = join(tmpdir(), "sojourn-oracle", key.slice(0, 24));
  const elf = join(folder, basename(source, ".c"));
  if (existsSync(elf)) return elf;

  mkdirSync(folder, { recursive: true });
  // Other test processes may compile the same file now: each finishes its own, the last one stays.
  const unfinished = `${elf}.${process.pid}`;
  // In the source's folder, so that no path of this machine gets into the program.
  execFileSync(COMPILER, [...flags, basename(source), "-o", unfinished, "-lm", "-latomic"], {
    cwd: dirname(source),
  });
  renameSync(unfinished, elf);
  return elf;
}

/** Runs an executable under qemu in a fresh working folder that holds only `options.files`. */
export function runQemu(
  elf: string,
  args: readonly string[],
  stdin: Buffer,
  options: QemuOptions = {},
): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "sojourn-qemu-"));
  try {
    for (const file of options.files ?? []) writeFileSync(join(folder, file.name), file.bytes);
    const result = spawnSync(QEMU, ["-0", options.argv0 ?? elf, elf, ...args], {
      cwd: folder,
      env: reversed(options.env ?? GUEST_ENVIRONMENT),
      input: stdin,
      maxBuffer: 2 ** 28,
      timeout: options.timeoutMs ?? 60_000,
      killSignal: "SIGKILL",
    });
    if (result.error !== undefined && !isUnreadInput(result.error)) throw result.error;
    const status = result.status ?? 128 + constants.signals[result.signal ?? "SIGKILL"];
    return { status, stdout: result.stdout, stderr: withoutQemu(result.stderr) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The program may end without having read all its input.
function isUnreadInput(error: Error): boolean {
  return "code" in error && error.code === "EPIPE";
}

// qemu hands the environment to the guest in the opposite order.
function reversed(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).reverse());
}

// When a signal kills the guest, qemu adds a last line of its own.
function withoutQemu(stderr: Buffer): Buffer {
  const line = /qemu: uncaught target signal \d+ \([^\n]*\n$/;
  return Buffer.from(stderr.toString("latin1").replace(line, ""), "latin1");
}

let compilerVersionKnown: string | undefined;

function compilerVersion(): string {
  compilerVersionKnown ??= execFileSync(COMPILER, ["--version"], { encoding: "utf8" });
  return compilerVersionKnown;
}

type RunDirectives = { args: readonly string[]; input: string; status: number };

function runsOf(source: string): readonly OracleRun[] {
  const program = basename(source, ".c");
  const flags: string[] = [];
  const files: OracleFile[] = [];
  const runs: RunDirectives[] = [];
  const lastRun = (): RunDirectives => {
    const last = runs.at(-1) ?? { args: [], input: "empty", status: 0 };
    if (runs.length === 0) runs.push(last);
    return last;
  };

  for (const [directive, words] of directivesOf(source)) {
    const [first = "", second = ""] = words;
    if (directive === "flags") flags.push(...words);
    else if (directive === "file") files.push({ name: first, bytes: contentOf(second) });
    else if (directive === "args") runs.push({ args: words, input: "empty", status: 0 });
    else if (directive === "stdin") lastRun().input = first;
    else lastRun().status = Number(first);
  }
  lastRun();
  return runs.map(({ args, input, status }) => {
    const redirect = input === "empty" ? [] : ["<", input];
    const name = [program, ...args, ...redirect].join(" ");
    return { name, source, flags, args, stdin: contentOf(input), files, status };
  });
}

// The comment at the head of the file ends at the first line that is none.
function directivesOf(source: string): readonly (readonly [string, readonly string[]])[] {
  const lines = readFileSync(source, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines.slice(0, end).flatMap((line) => {
    const found = /^\/\/ (flags|file|args|stdin|status):(.*)$/.exec(line);
    const words = found?.[2]?.split(" ").filter((word) => word !== "") ?? [];
    return found?.[1] === undefined ? [] : [[found[1], words] as const];
  });
}

function contentOf(kind: string): Buffer {
  const make = CONTENTS[kind];
  if (make === undefined) throw new Error(`no content of the kind ${JSON.stringify(kind)}`);
  return make();
}

const CONTENTS: Readonly<Record<string, () => Buffer>> = {
  empty: () => Buffer.alloc(0),
  // Words in lines of every length up to 120, some empty; the last line has no end.
  text: () => {
    const draw = numbersBelow(1);
    const lines = Array.from({ length: 400 }, () => {
      const words = Array.from({ length: draw(12) }, () => "loremipsumdolor".slice(draw(14)));
      return words.join(" ".repeat(1 + draw(3)));
    });
    return Buffer.from(lines.join("\n") + "the end");
  },
  // Whole and broken numbers, hexadecimal ones and words, for scanf and strtol.
  numbers: () => {
    const draw = numbersBelow(2);
    const words = Array.from({ length: 1500 }, (_, index) => {
      const number = draw(2 ** 31) - 2 ** 30;
      if (index % 7 === 3) return (number / 4096).toString();
      if (index % 7 === 5) return `0x${Math.abs(number).toString(16)}`;
      return number.toString();
    });
    const apart = words.map((word) => word + [" ", "\n", "\t  "][draw(3)]);
    return Buffer.from(`${apart.join("")}stop 1 2 3\n`);
  },
  // A hundred thousand bytes of all values, and not a whole number of pages.
  bytes: () => {
    const draw = numbersBelow(3);
    return Buffer.from(Array.from({ length: 100_003 }, () => draw(256)));
  },
  // One line that is longer than every buffer that reads it, and a short one. (getline has to grow its
  // own to hold it, but not to the size from which the C library moves a block by mremap.)
  "long-line": () => Buffer.from(`${"0123456789abcdef".repeat(7_500)}\nshort\n`),
};

/** Draws below a bound, always the same for one seed (a multiplicative generator modulo 2^31 - 1). */
function numbersBelow(seed: number): (bound: number) => number {
  let state = seed * 48_271 + 1;
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * bound);
  };
}
