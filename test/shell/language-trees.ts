// Random statements: every tree that the parser can make, for the properties of the language.

import { fc } from "@fast-check/ava";
import { printStatement } from "../../shell/language/print.ts";
import type {
  Assignment,
  Command,
  List,
  Part,
  Redirection,
  Statement,
  Word,
} from "../../shell/language/syntax.ts";

const special = Array.from("ab1'\"\\ \t\n\r#&;@$|/%-=!?*[]{}()<>~`.");

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...special), maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("at", "if", "else", "end", "repeat", "then", "do", "expect", "output"),
  fc.constantFrom("/a b|c/", "/x\\/", "/a/ms", "@h1", "A=1", "A=", "5ms", "!", "{", "2", "", ""),
);

/** Without the character that no line can hold. */
const anyText: fc.Arbitrary<string> = text.map((given) => given.replaceAll("\0", ""));

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("x", "HOME", "_1", "aZ9", "if"),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/),
);

const member = fc.constantFrom(...Array.from("abz09.*?[!-é"));

const glob: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("*", "?", "[a-z]", "[!x]", "[]a]", "[!]a]"),
  fc
    .tuple(fc.constantFrom("[", "[!", "[]", "[!]"), fc.string({ unit: member, minLength: 1 }))
    .map(([open, members]) => `${open}${members}]`)
    .filter((given) => !/\[[:.=]/.test(given.slice(1)) && given !== "[!]"),
);

const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant("text" as const), text: anyText }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant("variable" as const),
      name: fc.oneof(name, fc.constant("?")),
      otherwise: fc.option(anyText),
      quoted: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("glob" as const), text: glob }) },
);

/** Texts that touch are one part. */
function joined(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const each of parts) {
    const last = result.at(-1);
    if (each.is === "text" && last?.is === "text") {
      result[result.length - 1] = { is: "text", text: last.text + each.text };
    } else {
      result.push(each);
    }
  }
  return result;
}

export const word: fc.Arbitrary<Word> = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => ({ parts: joined(parts), column: 0 }));

/** After "@" and "=" an empty text leaves nothing. */
const rest: fc.Arbitrary<Word> = word.map(({ parts: [first, ...more], column }) => {
  const isEmpty = first?.is === "text" && first.text === "";
  return { parts: first && !isEmpty ? [first, ...more] : more, column };
});

const assignment: fc.Arbitrary<Assignment> = fc.record({ name, value: rest });

const descriptor = fc.constantFrom(0, 1, 2);

const redirection: fc.Arbitrary<Redirection> = fc.oneof(
  fc.record({
    fd: descriptor,
    how: fc.constantFrom("<" as const, ">" as const, ">>" as const),
    target: word,
  }),
  fc.record({
    fd: descriptor,
    how: fc.constant("&" as const),
    target: descriptor.map((fd) => ({
      parts: [{ is: "text" as const, text: `${fd}` }],
      column: 0,
    })),
  }),
);

const plain: fc.Arbitrary<Word> = fc
  .constantFrom("count", "5", "expect", "output", "/a b/")
  .map((given) => ({ parts: [{ is: "text", text: given }], column: 0 }));

const words = fc.array(fc.oneof({ weight: 2, arbitrary: word }, plain), {
  minLength: 1,
  maxLength: 5,
});

const expectation = fc.tuple(word, words).map(([pattern, more]): readonly Word[] => {
  const [verb, what] = ["expect", "output"].map((given): Word => {
    return { parts: [{ is: "text", text: given }], column: 0 };
  });
  return verb && what ? [verb, what, pattern, ...more] : more;
});

const command: fc.Arbitrary<Command> = fc.record({
  on: fc.option(
    rest.filter(({ parts }) => parts.length > 0),
    { freq: 3 },
  ),
  assignments: fc.array(assignment, { maxLength: 2 }),
  words: fc.oneof({ weight: 4, arbitrary: words }, expectation),
  redirections: fc.array(redirection, { maxLength: 3 }),
});

const pipeline = fc.oneof(
  { weight: 5, arbitrary: fc.array(command, { minLength: 1, maxLength: 3 }) },
  fc.array(assignment, { minLength: 1, maxLength: 3 }).map((assignments): readonly Command[] => {
    return [{ on: null, assignments, words: [], redirections: [] }];
  }),
);

const list: fc.Arbitrary<List> = fc.record({
  first: pipeline,
  rest: fc.array(fc.record({ when: fc.constantFrom("&&" as const, "||" as const), pipeline }), {
    maxLength: 2,
  }),
});

const place = fc.constant({ line: 0, text: "" });

const run: fc.Arbitrary<Statement> = fc
  .record({
    is: fc.constant("run" as const),
    place,
    at: fc.option(word, { freq: 3 }),
    list,
    background: fc.boolean(),
  })
  .map((statement) => {
    const { first, rest: more } = statement.list;
    const fits = more.length === 0 && first.every((each) => each.words.length > 0);
    return { ...statement, background: statement.background && fits };
  });

const { statement: anyStatement } = fc.letrec<{ statement: Statement; body: readonly Statement[] }>(
  (tie) => ({
    body: fc.array(tie("statement"), { maxLength: 3 }),
    statement: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: run },
      {
        weight: 1,
        arbitrary: fc.record({
          is: fc.constant("if" as const),
          place,
          condition: list,
          then: tie("body"),
          otherwise: tie("body"),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          is: fc.constant("repeat" as const),
          place,
          count: word,
          body: tie("body"),
        }),
      },
    ),
  }),
);

export const statement: fc.Arbitrary<Statement> = anyStatement;

export const script: fc.Arbitrary<readonly Statement[]> = fc.array(statement, { maxLength: 4 });

/** All of a script, with a newline at the end. */
export function printScript(statements: readonly Statement[]): string {
  return statements.map((statement) => `${printStatement(statement)}\n`).join("");
}

/** A statement, or any part of one, without its places in the text: for comparing. */
export function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "place" && key !== "column");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutPlaces(inner)]));
}
