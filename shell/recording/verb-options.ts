// The options of `replay`, as completion and help show them and as it reads them.

import { anyOf, durationKind } from "../language/arguments.ts";
import type { VerbOption } from "../language/verb.ts";
import { oneOf } from "../options-values.ts";

const files = { from: "machine-files" } as const;
const drivers = ["worker", "inline"] as const;

export const replayOptions: readonly VerbOption[] = [
  {
    name: "--to",
    value: { ...durationKind, name: "TIME" },
    help: "Up to this virtual time, and without the commands that come then.",
  },
  {
    name: "--driver",
    value: {
      name: "worker|inline",
      offer: { from: "words", words: drivers },
      parse: (text) => oneOf(text, drivers),
    },
    help: "Hosts in threads of their own (the default), or all in one.",
  },
  { name: "--trace", value: anyOf("FILE", files), help: "Writes the events of the replay." },
  { name: "--output", value: null, help: "Writes what the programs write." },
  { name: "--continue", value: null, help: "Goes on from there in the shell." },
];
