// The script for zsh: `_arguments` reads what each verb takes.

import type { Shape, ShapeCommand, ShapeOption, Value } from "./shape.ts";

export function zshScript({ commands, options }: Shape): readonly string[] {
  return [
    "#compdef sojourn",
    "# Completion of sojourn for zsh. In ~/.zshrc, after compinit:  source <(sojourn completion zsh)",
    "_sojourn() {",
    "  local curcontext=$curcontext state line",
    "  typeset -A opt_args",
    "  local -a verbs",
    "  verbs=(",
    ...commands.map(({ name, help }) => `    ${quote(`${name}:${help}`)}`),
    "  )",
    "  _arguments -C \\",
    ...options.map((option) => `    ${specOf(option)} \\`),
    "    '(-): :->verb' '(-)*:: :->words'",
    "  case $state in",
    "    verb) _describe verb verbs ;;",
    "    words)",
    "      case $words[1] in",
    ...commands.flatMap(commandCase),
    "      esac",
    "      ;;",
    "  esac",
    "}",
    'if [ "$funcstack[1]" = _sojourn ]; then _sojourn "$@"; else compdef _sojourn sojourn; fi',
  ];
}

function commandCase({ name, options, rest, more }: ShapeCommand): readonly string[] {
  const first = name === "run" ? ":program:{ _alternative " + programs(rest) + " }" : place(rest);
  return [
    `        ${name})`,
    "          _arguments \\",
    ...options.map((option) => `            ${specOf(option)} \\`),
    `            ${quote(`1${first}`)} ${quote(`*${place(more)}`)}`,
    "          ;;",
  ];
}

function programs(rest: Value): string {
  const words = rest.is === "words" ? rest.words.join(" ") : "";
  return `"programs:program:(${words})" "files:file:_files"`;
}

function specOf({ flag, value, help }: ShapeOption): string {
  const doc = help.replace(/[[\]\\:]/g, "\\$&");
  return quote(value === null ? `${flag}[${doc}]` : `${flag}=[${doc}]${place(value)}`);
}

function place(value: Value): string {
  switch (value.is) {
    case "words":
      return `:word:(${value.words.join(" ")})`;
    case "file":
      return ":file:_files";
    case "folder":
      return ":folder:_files -/";
    case "free":
      return ":value: ";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
