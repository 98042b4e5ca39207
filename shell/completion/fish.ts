// The script for fish: one `complete` for each verb and each option.

import type { Shape, ShapeOption, Value } from "./shape.ts";

export function fishScript({ commands, options }: Shape): readonly string[] {
  const names = commands.map(({ name }) => name).join(" ");
  const none = `not __fish_seen_subcommand_from ${names}`;
  return [
    "# Completion of sojourn for fish:  sojourn completion fish > ~/.config/fish/completions/sojourn.fish",
    "complete -c sojourn -f",
    ...commands.map(
      ({ name, help }) => `complete -c sojourn -n ${quote(none)} -a ${name} -d ${quote(help)}`,
    ),
    ...options.map((option) => optionLine(none, option)),
    ...commands.flatMap((command) => {
      const when = `__fish_seen_subcommand_from ${command.name}`;
      const isRun = command.name === "run";
      return [
        ...restLines(when, command.rest),
        ...(isRun ? restLines(when, command.more) : []),
        ...command.options.map((option) => optionLine(when, option)),
      ];
    }),
  ];
}

function restLines(when: string, value: Value): readonly string[] {
  const words = valueWords(value);
  return words === "" ? [] : [`complete -c sojourn -n ${quote(when)} ${words}`];
}

function optionLine(when: string, { flag, value, help }: ShapeOption): string {
  const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-o ${flag.slice(1)}`;
  const takes = value === null ? "" : ` -r ${valueWords(value)}`;
  return `complete -c sojourn -n ${quote(when)} ${name}${takes} -d ${quote(help)}`;
}

function valueWords(value: Value): string {
  switch (value.is) {
    case "words":
      return `-f -a ${quote(value.words.join(" "))}`;
    case "file":
      return "-F";
    case "folder":
      return "-f -a '(__fish_complete_directories)'";
    case "free":
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
