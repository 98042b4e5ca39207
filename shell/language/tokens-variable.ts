// Variables in words: $NAME, $?, ${NAME}, ${NAME:-TEXT}.
//
// TEXT is plain: no quotes, variables or patterns; a backslash takes their meaning from characters.

import type { Part } from "./syntax.ts";
import {
  incompleteAt,
  joinedLines,
  mistakeAt,
  moveTo,
  type Reader,
  scanTo,
  type Stop,
  takeText,
} from "./tokens-reader.ts";

interface Around {
  /** Inside double quotes. */
  readonly quoted: boolean;
}

/** A variable, or a "$" that names nothing and is a character. */
export function readVariable(reader: Reader, parts: Part[], around: Around): Stop | null {
  const next = reader.text[reader.at + 1] ?? "";
  if (next === "{") return readBraced(reader, parts, around);
  const end = nameEnd(reader.text, reader.at + 1);
  const name = reader.text.slice(reader.at + 1, end);
  if (goesOn(reader, name, end)) {
    return mistakeAt(reader, `a name does not go on in the next line: write \${${name || "NAME"}}`);
  }
  if (name !== "") {
    parts.push({ is: "variable", name, otherwise: null, ...around });
    moveTo(reader, end);
    return null;
  }
  const why = refusedAfter(next, around);
  if (why !== null) {
    const write = around.quoted ? "write \\$" : 'quote "$" to mean the character';
    return mistakeAt(reader, `${why}: ${write}`);
  }
  takeText(reader, parts, reader.at + 1);
  return null;
}

/** Whether lines are joined within a name: sh reads on there. */
function goesOn(reader: Reader, name: string, end: number): boolean {
  let at = end;
  while (joinedLines(reader, at) > 0) at += joinedLines(reader, at);
  return (
    at > end && (name === "" || (name !== "?" && isNameCharacter(reader.text[at] ?? "", false)))
  );
}

/** What sh reads there and this language does not. */
function refusedAfter(next: string, { quoted }: Around): string | null {
  if (next === "(") return "there are no substitutions";
  if (next !== "" && "0123456789@*#$!-".includes(next)) return `there is no $${next}`;
  return !quoted && (next === "'" || next === '"') ? `there are no quotes $${next}` : null;
}

/** `at` itself if no name begins there; "?" is a name of its own. */
function nameEnd(text: string, at: number): number {
  if (text[at] === "?") return at + 1;
  let end = at;
  while (isNameCharacter(text[end] ?? "", end === at)) end++;
  return end;
}

function isNameCharacter(character: string, first: boolean): boolean {
  const isLetter = (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
  return isLetter || character === "_" || (!first && character >= "0" && character <= "9");
}

function readBraced(reader: Reader, parts: Part[], around: Around): Stop | null {
  const { text, at } = reader;
  const open = incompleteAt(reader, 'the "${" is not closed');
  const end = nameEnd(text, at + 2);
  const name = text.slice(at + 2, end);
  if (end === text.length || (text[end] === ":" && end + 1 === text.length)) return open;
  if (name !== "" && text[end] === "}") {
    parts.push({ is: "variable", name, otherwise: null, ...around });
    moveTo(reader, end + 1);
    return null;
  }
  if (name === "" || !text.startsWith(":-", end)) {
    return mistakeAt(reader, 'after "${" only NAME} or NAME:-TEXT} can follow');
  }
  moveTo(reader, end + 2);
  const otherwise = readOtherwise(reader, around);
  if (otherwise === null) return open;
  if (typeof otherwise !== "string") return otherwise;
  parts.push({ is: "variable", name, otherwise, ...around });
  return null;
}

const otherwiseEnds: ReadonlySet<string> = new Set(["}", "\\", "$", "`", '"', "'"]);

/** The text up to the "}", which is passed; null if none comes. */
function readOtherwise(reader: Reader, around: Around): string | null | Stop {
  let read = "";
  for (;;) {
    const end = scanTo(reader, otherwiseEnds);
    read += reader.text.slice(reader.at, end);
    moveTo(reader, end);
    const character = reader.text[end];
    if (character === undefined) return null;
    if (character === "}") {
      moveTo(reader, end + 1);
      return read;
    }
    const taken = character === "\\" ? readEscape(reader, around) : readQuote(reader, around);
    if (typeof taken !== "string") return taken;
    read += taken;
  }
}

/** As in sh: outside of double quotes it takes effect before each character, inside before some. */
function readEscape(reader: Reader, { quoted }: Around): string | null | Stop {
  const { text, at } = reader;
  const joined = joinedLines(reader, at);
  const next = text[at + 1];
  if (joined > 0) {
    moveTo(reader, at + joined);
    return "";
  }
  if (next === undefined) return null;
  if (!quoted && " \t\r\n".includes(next)) {
    return mistakeAt(reader, 'spaces are not escaped here: quote all of it, as in "${x:-a b}"');
  }
  const stays = quoted && (next === "'" || !otherwiseEnds.has(next));
  moveTo(reader, at + (stays ? 1 : 2));
  return stays ? "\\" : next;
}

function readQuote(reader: Reader, { quoted }: Around): string | Stop {
  const character = reader.text[reader.at] ?? "";
  if (character !== "'" || !quoted) {
    return mistakeAt(
      reader,
      `only plain text stands after ":-": write \\${character} to mean the character`,
    );
  }
  moveTo(reader, reader.at + 1);
  return character;
}
