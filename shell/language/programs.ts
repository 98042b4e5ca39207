// Where a program is found: the guests' PATH, then for names with a slash the guests' tree, then this machine.
//
//   count       /bin/count or /usr/bin/count of the guests
//   /bin/count  the guests' tree, if it has it
//   ./prog      a file of this machine, which the guests then see as /mnt/prog

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { suggestion } from "../nearest.ts";
import type { Settings } from "../options.ts";
import type { Parsed } from "../units.ts";

export interface FoundProgram {
  /** In the guests' tree. */
  readonly program: string;
  /** The file of this machine that has to be there as /mnt/NAME. */
  readonly mount: Mount | null;
}

export interface Mount {
  readonly name: string;
  readonly path: string;
}

const guestPath = ["/bin", "/usr/bin"] as const;

/** `others`: words that may have been meant instead. */
export function findProgram(
  name: string,
  settings: Settings,
  others: readonly string[],
): Parsed<FoundProgram> {
  const root = rootOf(settings);
  if (!name.includes("/")) {
    const folder = guestPath.find((candidate) => isFile(join(root, candidate, name)));
    if (folder !== undefined) return { value: { program: `${folder}/${name}`, mount: null } };
    const meant = suggestion(name, [...others, ...programNames(root)]);
    return { wrong: `expected a verb or a program in ${guestPath.join(":")}, got "${name}"${meant}` };
  }
  const program = posix.normalize(`/${name}`);
  if (isFile(join(root, program))) return { value: { program, mount: null } };
  const path = resolve(name);
  if (isFile(path)) {
    const mount = { name: basename(path), path };
    return { value: { program: `/mnt/${mount.name}`, mount } };
  }
  return { wrong: `expected a program, got "${name}": neither the guests' tree nor this machine has it` };
}

function rootOf({ root }: Settings): string {
  return root ?? fileURLToPath(new URL("../../../fs-server/root", import.meta.url));
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function programNames(root: string): readonly string[] {
  return guestPath
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder));
}
