// What lines say, as data: the parser makes it, the shell carries it out, `printStatement` writes it.
//
//   script      statement after statement; each ends with its line, with `;` or with `&`
//   statement   [at TIME] list [&]
//               if list ; statement… [else ; statement…] end
//               repeat WORD ; statement… end
//   list        pipeline, then (&& pipeline | || pipeline) as in sh, from left to right
//   pipeline    command | command | …
//   command     [@HOST] [NAME=WORD …] word … redirection …
//   word        parts without a space between them; texts that touch are one part
//
// Nothing here is expanded: variables and patterns of file names are parts of words.

export type Part =
  /** As it stands, quoted or not. */
  | { readonly is: "text"; readonly text: string }
  /** `$NAME`, `${NAME}`, `${NAME:-otherwise}`, `$?` (name "?"). Unquoted, its value is split at spaces. */
  | {
      readonly is: "variable";
      readonly name: string;
      readonly otherwise: string | null;
      readonly quoted: boolean;
    }
  /** `*`, `?` or `[…]`, unquoted: matches names of the guests' files. */
  | { readonly is: "glob"; readonly text: string };

export interface Word {
  readonly parts: readonly Part[];
  /** The place in its line, from 1. */
  readonly column: number;
}

export interface Assignment {
  readonly name: string;
  /** Without a part if it is empty. */
  readonly value: Word;
}

export interface Redirection {
  /** The descriptor that is redirected: 0, 1 or 2. */
  readonly fd: number;
  readonly how: "<" | ">" | ">>" | "&";
  /** A path; for `&` the descriptor that it becomes a copy of: the text 0, 1 or 2. */
  readonly target: Word;
}

export interface Command {
  /** The host after `@`. */
  readonly on: Word | null;
  readonly assignments: readonly Assignment[];
  /** Empty only if there are assignments and nothing else: no host, pipe or redirection, no `&`. */
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** One command at least. */
export type Pipeline = readonly Command[];

export interface List {
  readonly first: Pipeline;
  readonly rest: readonly { readonly when: "&&" | "||"; readonly pipeline: Pipeline }[];
}

/** Where a statement begins, from line 1, and how it was written up to its first line's end. */
export interface Place {
  readonly line: number;
  readonly text: string;
}

export type Statement =
  | {
      readonly is: "run";
      readonly place: Place;
      /** The time before which it does not begin. */
      readonly at: Word | null;
      readonly list: List;
      /** Ends with `&`: nobody waits. The list is then one pipeline. */
      readonly background: boolean;
    }
  | {
      readonly is: "if";
      readonly place: Place;
      readonly condition: List;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly is: "repeat";
      readonly place: Place;
      readonly count: Word;
      readonly body: readonly Statement[];
    };

export interface Mistake {
  readonly wrong: string;
  readonly line: number;
  readonly column: number;
}

export type ParsedScript =
  | { readonly statements: readonly Statement[] }
  /** A block, a quote or an operator is open at the end: more lines have to come. */
  | { readonly incomplete: Mistake }
  | Mistake;

/** The text of a word that has no variable and no pattern; else undefined. */
export function constantText({ parts }: Word): string | undefined {
  let text = "";
  for (const part of parts) {
    if (part.is !== "text") return undefined;
    text += part.text;
  }
  return text;
}
