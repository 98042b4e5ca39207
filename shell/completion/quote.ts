// Writes what completion has found so that the line says exactly that.

import type { Quote } from "./scan.ts";

const special = /[\s"'\\$`|&;<>()*?[\]#{}!]/g;

/**
 * `text` as a word, in the quote that is open. `whole`: nothing more will come, so that the quote
 * is closed.
 */
export function quoteWord(text: string, quote: Quote, whole: boolean): string {
  const close = whole && quote !== null ? quote : "";
  switch (quote) {
    case null:
      return escapeWord(text);
    case "'":
      return `'${text.replaceAll("'", "'\\''")}${close}`;
    case '"':
      return `"${text.replace(/["\\$`]/g, "\\$&")}${close}`;
  }
}

function escapeWord(text: string): string {
  // A newline cannot be escaped by a backslash.
  if (text.includes("\n")) return `'${text.replaceAll("'", "'\\''")}'`;
  return text.replace(special, "\\$&");
}

export function commonPrefix(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  // Half of a pair is no character.
  const code = first.charCodeAt(length - 1);
  return first.slice(0, code >= 0xd800 && code < 0xdc00 ? length - 1 : length);
}
