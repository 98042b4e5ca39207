// Tests that need a tool of the machine: where it is missing they are registered as skipped, and their title names it.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";

type Implementation = (t: ExecutionContext) => void | Promise<void>;
type Register = (title: string, implementation: Implementation) => void;

/** `needs("qemu-riscv64")("oracle: …", (t) => …)`: a test if every tool is on the path. */
export function needs(...tools: readonly string[]): Register {
  const missing = tools.filter((tool) => !isOnPath(tool));
  return (title, implementation) => {
    if (missing.length === 0) test(title, implementation);
    else test.skip(`${title} (needs ${missing.join(", ")})`, implementation);
  };
}

function isOnPath(tool: string): boolean {
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
