// Words to the arguments that a program sees, as sh does it: variables, splitting at spaces,
// patterns of file names, and quotes, which are gone since the parser.
//
//   parts  --values-->  fields of pieces  --names of files-->  arguments
//
// Unlike in sh, a variable that is not set is a mistake, and pattern characters that come from a
// variable stand for themselves.

import { findFiles, type Files } from "./expand-files.ts";
import type { Piece } from "./glob.ts";
import { printWord } from "./print.ts";
import type { Part, Word } from "./syntax.ts";

export interface Environment {
  readonly variable: (name: string) => string | undefined;
  readonly files: Files;
}

export interface Wrong {
  readonly wrong: string;
}

/** Any number of arguments. */
export function expandWord(
  word: Word,
  env: Environment,
): { readonly fields: readonly string[] } | Wrong {
  const fields = splitFields(word.parts, env);
  if ("wrong" in fields) return fields;
  return { fields: fields.flatMap((field) => findFiles(field, env.files)) };
}

/** For places where one argument has to stand: after `<`, `>`, `@`, `at` and `repeat`. */
export function expandOne(word: Word, env: Environment): { readonly text: string } | Wrong {
  const expanded = expandWord(word, env);
  if ("wrong" in expanded) return expanded;
  const [text, ...more] = expanded.fields;
  if (text !== undefined && more.length === 0) return { text };
  const got = text === undefined ? "none" : `${more.length + 1}`;
  return { wrong: `expected one word for ${printWord(word)}, got ${got}: quote it, as in "$x"` };
}

/** The value of an assignment: neither split nor matched with files, as in sh. */
export function expandValue(word: Word, env: Environment): { readonly text: string } | Wrong {
  let text = "";
  for (const part of word.parts) {
    const value = valueOf(part, env);
    if (typeof value !== "string") return value;
    text += value;
  }
  return { text };
}

function valueOf(part: Part, { variable }: Environment): string | Wrong {
  if (part.is !== "variable") return part.text;
  const { name, otherwise } = part;
  const value = variable(name);
  if (otherwise !== null) return value === undefined || value === "" ? otherwise : value;
  if (value !== undefined) return value;
  return { wrong: `$${name} is not set: \`set ${name} VALUE\`, or write \${${name}:-}` };
}

type Field = readonly Piece[];

function splitFields(parts: readonly Part[], env: Environment): readonly Field[] | Wrong {
  const fields: Piece[][] = [];
  /** The field that is being filled, if one has begun. */
  let field: Piece[] | null = null;
  for (const part of parts) {
    const value = valueOf(part, env);
    if (typeof value !== "string") return value;
    const isSplit = part.is === "variable" && !part.quoted;
    const texts: readonly string[] = isSplit ? value.split(/[ \t\n]+/) : [value];
    for (const [index, text] of texts.entries()) {
      if (index > 0) field = null;
      if (isSplit && text === "") continue;
      if (!field) fields.push((field = []));
      field.push({ text, glob: part.is === "glob" });
    }
  }
  return fields;
}
