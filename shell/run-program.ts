// Finds PROGRAM: by name in the guests' PATH, by path in the guests' tree and then on this machine.

import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, refuseMachineFile, refuseUsage } from "./exit-status.ts";

export interface FoundProgram {
  /** Where the guests see it. */
  readonly guestPath: string;
  /** Files of this machine that guests must be shown, as /mnt/NAME. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Where its bytes are on this machine. */
  readonly machinePath: string;
}

const guestFolders = ["/bin", "/usr/bin"] as const;

/** The guests' disk that comes along, beside the compiled code. */
export function guestRoot(root: string | null): string {
  const path = root ?? fileURLToPath(new URL("../../fs-server/root", import.meta.url));
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    accessSync(real, constants.R_OK);
    return real;
  } catch (error) {
    throw refuseMachineFile("read the guests' disk", path, error);
  }
}

/** Throws a `Refusal` that names the places looked in. */
export function findProgram(name: string, root: string): FoundProgram {
  if (name === "") throw refuseUsage('no program has the empty name ""');
  return name.includes("/") ? findByPath(name, root) : findByName(name, root);
}

function findByName(name: string, root: string): FoundProgram {
  for (const folder of guestFolders) {
    const guestPath = `${folder}/${name}`;
    const machinePath = join(root, guestPath);
    if (isThere(machinePath)) return { guestPath, mounts: {}, machinePath };
  }
  const here = isThere(resolve(name)) ? `; for the file of this machine type ./${name}` : "";
  const places = guestFolders.join(" and ");
  throw refuseUsage(`no such program: ${name} (looked in ${places} of ${root}${here})`);
}

function findByPath(name: string, root: string): FoundProgram {
  const guestPath = posix.join("/", name);
  const inRoot = join(root, guestPath);
  // A folder of the guests hides no program of this machine.
  if (isThere(inRoot) && !(isFolder(inRoot) && isThere(resolve(name)))) {
    refuseFolder(name, inRoot);
    return { guestPath, mounts: {}, machinePath: inRoot };
  }
  const machinePath = resolve(name);
  if (!isThere(machinePath)) {
    throw refuseUsage(
      `no such program: ${name} (looked for ${guestPath} in ${root}, and for ${machinePath})`,
    );
  }
  refuseFolder(name, machinePath);
  try {
    accessSync(machinePath, constants.R_OK);
  } catch (error) {
    throw refuseMachineFile("read", name, error);
  }
  const mountName = basename(machinePath);
  return { guestPath: `/mnt/${mountName}`, mounts: { [mountName]: machinePath }, machinePath };
}

/** A link counts, wherever it leads: what it leads to is the guests' matter. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return false;
    throw refuseMachineFile("look at", path, error);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function refuseFolder(name: string, path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw refuseUsage(`${name}: it is a folder, not a program`);
  if (stats && !stats.isFile()) throw refuseUsage(`${name}: it is no regular file`);
}

/** Of the program's bytes; empty if they cannot be read here. */
export function programHash(program: FoundProgram): string {
  try {
    return createHash("sha256").update(readFileSync(program.machinePath)).digest("hex");
  } catch {
    return "";
  }
}
