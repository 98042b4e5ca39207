// Which program a line means, and which file of this machine the guests have to see for it.

import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../exit-status.ts";
import { suggestion } from "../nearest.ts";
import type { Settings } from "../options.ts";
import { findProgram, type FoundProgram, guestRoot } from "../run-program.ts";
import type { Parsed } from "../units.ts";

/** `others`: words that may have been meant instead. What is wrong is said in one line. */
export function programOf(
  name: string,
  settings: Settings,
  others: readonly string[],
): Parsed<FoundProgram> {
  const root = guestRoot(settings.root);
  try {
    return { value: findProgram(name, root) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const words = name.includes("/") ? [] : [...others, ...programNames(root)];
    return { wrong: `${error.message}${suggestion(name, words)}` };
  }
}

function programNames(root: string): readonly string[] {
  const folder = join(root, "bin");
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Files of this machine by the names under which guests see them in /mnt. */
export type Mounts = Readonly<Record<string, string>>;

/** Null if two files would have one name. */
export function addMounts(mounts: Mounts, more: Mounts): Mounts | null {
  const clash = Object.keys(more).some(
    (name) => Object.hasOwn(mounts, name) && mounts[name] !== more[name],
  );
  return clash ? null : { ...mounts, ...more };
}

/** The programs of a folder of this machine, for a session that cannot know which will be asked for. */
export function programsIn(folder: string): Mounts {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const programs = names.filter((name) => isRiscvElf(join(folder, name)));
  return Object.fromEntries(programs.map((name) => [name, join(folder, name)]));
}

const elfMark = Buffer.from("\x7fELF", "latin1");
/** e_machine of the ELF header: where it is, and RISC-V. */
const machineAt = 18;
const machineRiscv = 243;

function isRiscvElf(path: string): boolean {
  const head = Buffer.alloc(machineAt + 2);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return false; // not ours to read: then it is no program for us
  }
  try {
    const got = readSync(file, head, 0, head.length, 0);
    const isElf = got === head.length && head.subarray(0, elfMark.length).equals(elfMark);
    return isElf && head.readUInt16LE(machineAt) === machineRiscv;
  } finally {
    closeSync(file);
  }
}
