// What stands before the cursor, as far as completion has to know: the words of the command that is
// being typed, and the word that the cursor is at the end of. Lines need not be right, or whole.
//
//   repeat 3; @h2 cat "my fi│
//             ─── ──── ─────    words: cat; on: h2; word: my fi (in double quotes)

export type Quote = '"' | "'" | null;

export interface Scanned {
  /** The words of the command before the one at the cursor, without quotes. */
  readonly words: readonly string[];
  /** Whether `@HOST` came before them. */
  readonly on: boolean;
  readonly place: "word" | "file";
  /** Where the word at the cursor begins. */
  readonly from: number;
  /** The word without quotes, as far as it has been typed. */
  readonly word: string;
  /** The quote that is open at the cursor. */
  readonly quote: Quote;
  /** Where a variable's name begins within the text, if the cursor is in one. */
  readonly variable: number | null;
  /** The word has a variable in it, so that nobody knows yet what it will be. */
  readonly unknown: boolean;
  /** The cursor is in a comment. */
  readonly comment: boolean;
}

interface Word {
  from: number;
  text: string;
  quote: Quote;
  unknown: boolean;
  started: boolean;
}

const freshWord = (from: number): Word => {
  return { from, text: "", quote: null, unknown: false, started: false };
};

const blanks = " \t\r";
/** A new command begins behind these. */
const enders = "|&;\n";
const variableBefore = /\$\{?(\w*)$/;

export function scan(text: string): Scanned {
  let words: string[] = [];
  let place: "word" | "file" = "word";
  let word = freshWord(0);
  let at = 0;
  const endWord = (): void => {
    if (word.started && place === "word") words.push(word.text);
    if (word.started) place = "word";
    word = freshWord(at);
  };
  for (; at < text.length; at++) {
    const character = text[at] ?? "";
    if (word.quote === null && !word.started) word.from = at;
    if (word.quote === "'") {
      if (character === "'") word.quote = null;
      else word.text += character;
    } else if (character === "\\" && at + 1 < text.length) {
      at++;
      const next = text[at] ?? "";
      const literal = word.quote === '"' && !'"\\$`'.includes(next);
      if (next !== "\n") word.text += literal ? `\\${next}` : next;
      word.started = true;
    } else if (character === "$" && /[\w{?]/.test(text[at + 1] ?? "")) {
      word.unknown = true;
      word.started = true;
      word.text += character;
    } else if (word.quote === '"') {
      if (character === '"') word.quote = null;
      else word.text += character;
    } else if (character === '"' || character === "'") {
      word.quote = character;
      word.started = true;
    } else if (blanks.includes(character)) {
      endWord();
    } else if (enders.includes(character) && !isCopy(text, at)) {
      endWord();
      words = [];
      place = "word";
    } else if (character === "<" || character === ">") {
      // A digit directly before it is the descriptor.
      if (/^\d$/.test(word.text)) word = freshWord(at);
      endWord();
      place = "file";
    } else if (character === "#" && !word.started) {
      const end = text.indexOf("\n", at);
      if (end < 0) return { ...atCursor(text, words, place, word), comment: true };
      at = end - 1;
    } else {
      word.text += character;
      word.started = true;
    }
  }
  if (!word.started) word.from = at;
  return atCursor(text, words, place, word);
}

/** `>&` and `2>&1`: no end of a command. */
function isCopy(text: string, at: number): boolean {
  return text[at] === "&" && text[at - 1] === ">";
}

function atCursor(
  text: string,
  words: readonly string[],
  place: "word" | "file",
  word: Word,
): Scanned {
  const named = word.quote === "'" ? null : variableBefore.exec(text);
  const { rest, on } = withoutPrefixes(words);
  return {
    words: rest,
    on,
    place,
    from: word.from,
    word: word.text,
    quote: word.quote,
    variable: named === null ? null : text.length - (named[1] ?? "").length,
    unknown: word.unknown,
    comment: false,
  };
}

/** What may stand before a command: `at TIME`, `if`, `else`, `@HOST`, assignments. */
function withoutPrefixes(words: readonly string[]): {
  readonly rest: readonly string[];
  readonly on: boolean;
} {
  let rest = words;
  let on = false;
  for (;;) {
    const [first = ""] = rest;
    if (first === "at" && rest.length >= 2) rest = rest.slice(2);
    else if (first === "if" || first === "else") rest = rest.slice(1);
    else if (/^@./.test(first)) {
      on = true;
      rest = rest.slice(1);
    } else if (/^[A-Za-z_]\w*=/.test(first)) rest = rest.slice(1);
    else return { rest, on };
  }
}
