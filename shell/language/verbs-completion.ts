// `sojourn completion SHELL`: prints the script by which a shell completes our command line.

import { completionScript, shells } from "../completion/index.ts";
import { refuseUsage } from "../exit-status.ts";
import { suggestion } from "../nearest.ts";
import { writeOutput } from "../run-output.ts";
import type { Kind } from "./arguments.ts";
import type { Verb } from "./verb.ts";

const shellKind: Kind<string> = {
  name: "bash|zsh|fish",
  offer: { from: "words", words: shells },
  parse: (text) => {
    if (shells.includes(text)) return { value: text };
    return { wrong: `${shells.join(" or ")}${suggestion(text, shells)}` };
  },
};

/** `table`: all verbs, which are not known before this one is among them. */
export function completionVerbs(table: () => readonly Verb[]): readonly Verb[] {
  return [
    {
      name: "completion",
      usage: "completion bash|zsh|fish",
      topic: "tools",
      help: "Prints the script by which bash, zsh or fish completes sojourn's command line.",
      examples: ["source <(sojourn completion bash)", "sojourn completion fish"],
      words: [shellKind],
      command: (words) => {
        const [shell = "", ...surplus] = words;
        const parsed = shellKind.parse(shell, { hosts: 0 });
        if ("wrong" in parsed || surplus.length > 0) {
          const given = words.length === 0 ? "nothing" : `"${words.join(" ")}"`;
          throw refuseUsage(`completion: expected one of ${shells.join(", ")}, got ${given}`);
        }
        const lines = completionScript(parsed.value, table());
        writeOutput(1, Buffer.from(`${lines.join("\n")}\n`));
        return Promise.resolve(0);
      },
    },
  ];
}
