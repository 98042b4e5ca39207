// `sojourn completion SHELL`: the script that makes a shell complete our command line.

import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { type CommandRow, type Shape, shapeOf } from "./shape.ts";
import { zshScript } from "./zsh.ts";

const writers: Readonly<Record<string, (shape: Shape) => readonly string[]>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const shells: readonly string[] = Object.keys(writers);

/** Requires: `shell` is one of `shells`. */
export function completionScript(shell: string, table: readonly CommandRow[]): readonly string[] {
  return writers[shell]?.(shapeOf(table)) ?? [];
}
