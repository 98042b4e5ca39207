// Tests that need a tool of the machine: where it is missing they are registered as skipped, and their title names it.

import test from "ava";
import type { ExecutionContext } from "ava";
import { isOnPath } from "../bench/tools.ts";

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
