// The options of the commands on recordings: read by the rows that completion and help show.

import { refuseUsage } from "../exit-status.ts";
import type { VerbOption } from "../language/verb.ts";
import { suggestion } from "../nearest.ts";

export interface Given {
  /** By the option's name; the text of a flag is empty. */
  readonly options: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/**
 * Takes options of these rows off the front and off the end of words, up to `--`. Throws a
 * `Refusal` for one that is unknown, or whose value is none.
 */
export function takeOptions(
  verb: string,
  words: readonly string[],
  rows: readonly VerbOption[],
): Given {
  const options = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return { options, rest: [...rest, ...words.slice(at + 1)] };
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const row = rows.find((one) => one.name === name);
    if (!row) {
      const near = suggestion(
        name,
        rows.map((one) => one.name),
      );
      throw refuseUsage(`${verb}: unknown option ${name}${near}`);
    }
    options.set(name, row.value ? valueOf(row, words, equals < 0 ? ++at : at, equals) : "");
    if (!row.value && equals >= 0) throw refuseUsage(`${verb}: ${name} takes no value`);
  }
  return { options, rest };
}

function valueOf(
  { name, value }: VerbOption,
  words: readonly string[],
  at: number,
  equals: number,
): string {
  const text = words[at]?.slice(equals + 1);
  if (text === undefined) throw refuseUsage(`${name} needs a value: ${name} ${value?.name ?? ""}`);
  const parsed = value?.parse(text, { hosts: 0 });
  if (parsed && "wrong" in parsed) {
    throw refuseUsage(`${name}: ${JSON.stringify(text)} is not ${parsed.wrong}`);
  }
  return text;
}
