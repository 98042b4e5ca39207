// The line that does a script again, as it is to be typed.

import type { Settings } from "../options.ts";
import { quoteWord } from "../quote.ts";

/** Options whose file would be written over, or that only say how to report. */
const leftOut: readonly string[] = ["--tap", "--junit", "--save"];

/** Null if there is none: standard input has been read. `words`: the options as they were given. */
export function againLine(
  file: string,
  { save }: Settings,
  words: readonly string[],
): string | null {
  if (save !== null) return ["sojourn", "replay", save].map(quoteWord).join(" ");
  if (file === "-") return null;
  const name = file.startsWith("-") ? `./${file}` : file;
  return ["sojourn", "script", ...optionsOf(words), name].map(quoteWord).join(" ");
}

function optionsOf(words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") continue;
    const name = word.split("=", 1)[0] ?? "";
    if (!leftOut.includes(name)) kept.push(word);
    else if (name !== "--tap" && !word.includes("=")) at++;
  }
  return kept;
}
