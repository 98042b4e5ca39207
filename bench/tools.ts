// The foreign tools that yardsticks need, and programs compiled for both machines.

import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const compiler = "riscv64-linux-gnu-gcc";
export const qemu = "qemu-riscv64";

/** The first of the tools that is not on the path. */
export function missingTool(...tools: readonly string[]): string | undefined {
  return tools.find((tool) => !isOnPath(tool));
}

export function isOnPath(tool: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, tool)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Compiled to dist/bench: two folders below the project.
const programs = fileURLToPath(new URL("../../bench/programs/", import.meta.url));
/** The guests' own headers: <sojourn.h>. */
const include = fileURLToPath(new URL("../../fs-server/root/include/", import.meta.url));

/** Paths of static executables, by the names of their sources in `programs/`. */
const compiled = new Map<string, string>();
let folder: string | null = null;

/** Requires: the compiler is there. */
export function compileProgram(name: string): string {
  const before = compiled.get(name);
  if (before !== undefined) return before;
  folder ??= mkdtempSync(join(tmpdir(), "sojourn-bench-"));
  const path = join(folder, name);
  const flags = ["-static", "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror"];
  execFileSync(compiler, [...flags, `-I${include}`, `${name}.c`, "-o", path, "-lm"], {
    cwd: programs,
  });
  compiled.set(name, path);
  return path;
}

export function removeCompiled(): void {
  if (folder !== null) rmSync(folder, { recursive: true });
  folder = null;
  compiled.clear();
}
