// The options of the command line as completion and help of verbs see them.

import { profileNames } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { locationNames, plantNames } from "../../ports/index.ts";
import { optionsOf, type Scope, settingsDefault } from "../options.ts";
import type { OptionRow } from "../options-table.ts";
import type { Kind, Offer } from "./arguments.ts";
import type { VerbOption } from "./verb.ts";

const files: Offer = { from: "machine-files" };

/** What may stand after an option, where that can be known. */
const offers: Readonly<Record<string, Offer>> = {
  on: { from: "guest-hosts" },
  profile: { from: "words", words: profileNames() },
  location: { from: "words", words: locationNames },
  plant: { from: "words", words: plantNames },
  driver: { from: "words", words: ["worker", "inline"] },
  strategy: { from: "words", words: strategies.map(({ name }) => name) },
  "trace-level": { from: "words", words: ["default", "all"] },
  root: files,
  trace: files,
  report: files,
  save: files,
  junit: files,
};

export function verbOptions(scope: Scope): readonly VerbOption[] {
  return optionsOf(scope).map((row) => ({
    name: `--${row.name}`,
    value: row.argument === "" ? null : kindOf(row),
    help: row.doc,
  }));
}

/** How the value of an option is read, when it stands as a word. */
export function kindOf({ name, argument, set }: OptionRow): Kind<string> {
  const offer = offers[name];
  return {
    name: argument,
    ...(offer ? { offer } : {}),
    parse: (text) => {
      const read = set(settingsDefault, text);
      return "wrong" in read ? read : { value: text };
    },
  };
}
