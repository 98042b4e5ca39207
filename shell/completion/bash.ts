// The script for bash: one function, which looks for the verb, then for what may stand at the cursor.

import type { Shape, ShapeCommand, ShapeOption, Value } from "./shape.ts";

export function bashScript({ commands, options }: Shape): readonly string[] {
  return [
    "# Completion of sojourn for bash. In ~/.bashrc:  source <(sojourn completion bash)",
    '_sojourn_words() { local IFS=$\'\\n\'; COMPREPLY+=($(compgen -W "$1" -- "$cur")); }',
    "_sojourn_files() {",
    "  compopt -o filenames 2>/dev/null",
    '  local IFS=$\'\\n\'; COMPREPLY+=($(compgen "$1" -- "$cur"))',
    "}",
    "_sojourn() {",
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= seen=0 skip=0 i",
    "  COMPREPLY=()",
    "  # Bash parts --option=value into three words.",
    "  if [[ $cur == = ]]; then cur=",
    "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi",
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    "    local word=${COMP_WORDS[i]}",
    "    [[ $word == = ]] && { skip=1; continue; }",
    "    ((skip)) && { skip=0; continue; }",
    '    case "$verb $word" in',
    ...valueFlags(" ", options),
    ...commands.flatMap((command) => valueFlags(`${command.name} `, command.options)),
    '      *" -"*) ;;',
    "      *) if [[ -z $verb ]]; then verb=$word; else seen=$((seen + 1)); fi ;;",
    "    esac",
    "  done",
    '  case "$verb $prev" in',
    ...valueCases(" ", options),
    ...commands.flatMap((command) => valueCases(`${command.name} `, command.options)),
    "  esac",
    "  case $verb in",
    '    "")',
    ...answers(options, { is: "words", words: commands.map(({ name }) => name) }, "      "),
    "      ;;",
    ...commands.flatMap(commandCase),
    "  esac",
    "}",
    "complete -F _sojourn sojourn",
  ];
}

/** Options whose next word is their value. */
function valueFlags(prefix: string, options: readonly ShapeOption[]): readonly string[] {
  const flags = options.filter(({ value }) => value !== null).map(({ flag }) => flag);
  if (flags.length === 0) return [];
  const patterns = flags.map((flag) => `"${prefix}${flag}"`).join("|");
  return [`      ${patterns}) [[ \${COMP_WORDS[i+1]} == = ]] || skip=1 ;;`];
}

function valueCases(prefix: string, options: readonly ShapeOption[]): readonly string[] {
  return options.flatMap(({ flag, value }) =>
    value === null ? [] : [`    "${prefix}${flag}") ${answer(value)}return ;;`],
  );
}

function commandCase({ name, options, rest, more }: ShapeCommand): readonly string[] {
  return [
    `    ${name})`,
    "      if ((seen == 0)); then",
    ...answers(options, rest, "        "),
    ...(name === "run" ? ["        [[ $cur == -* ]] || _sojourn_files -f"] : []),
    "      else",
    `        ${answer(more)}:`,
    "      fi",
    "      ;;",
  ];
}

function answers(options: readonly ShapeOption[], rest: Value, indent: string): readonly string[] {
  const flags = options.map(({ flag }) => flag);
  return [
    `${indent}if [[ $cur == -* ]]; then ${answer({ is: "words", words: flags })}:`,
    `${indent}else ${answer(rest)}:`,
    `${indent}fi`,
  ];
}

function answer(value: Value): string {
  switch (value.is) {
    case "words":
      return `_sojourn_words $'${value.words.join("\\n")}'; `;
    case "file":
      return "_sojourn_files -f; ";
    case "folder":
      return "_sojourn_files -d; ";
    case "free":
      return "";
  }
}
