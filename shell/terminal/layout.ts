// Where everything stands on the screen: a prompt and a line become rows of cells.
//
//   sojourn h1 0 ns> repeat 3        the prompt before the first row of the line
//   >   count 2                      and this one before every other
//
// A row that is full goes on in the next one, without a newline: the terminal wraps it, and knows.

import type { Editor } from "./editor-state.ts";
import { clustersOf, shownCluster, widthOfCluster, widthOfText } from "./width.ts";

export interface Row {
  readonly text: string;
  /** Goes on in the next row. */
  readonly full: boolean;
}

export interface Layout {
  readonly rows: readonly Row[];
  readonly row: number;
  readonly column: number;
}

const secondPrompt = "> ";

/** What stands before the line. */
export function promptOf({ search }: Editor, prompt: string): string {
  if (!search) return prompt;
  const { direction, failed, query } = search;
  const name = direction === "older" ? "reverse-i-search" : "i-search";
  return `(${failed ? "failed " : ""}${name})'${query}': `;
}

/** Requires: `columns` is at least 2. */
export function layout(editor: Editor, prompt: string, columns: number): Layout {
  const rows: Row[] = [];
  let text = "";
  let used = 0;
  let cursor = { row: 0, column: 0 };
  const put = (shown: string, width: number): void => {
    if (used + width > columns) {
      rows.push({ text, full: true });
      text = "";
      used = 0;
    }
    text += shown;
    used += width;
  };
  const putAll = (words: string): void => {
    for (const cluster of clustersOf(words)) put(cluster, widthOfCluster(cluster));
  };
  const mark = (): void => {
    // Behind a full row the cursor is in the next one.
    const wraps = used >= columns;
    cursor = { row: rows.length + (wraps ? 1 : 0), column: wraps ? 0 : used };
  };
  putAll(promptOf(editor, prompt));
  for (const [index, cluster] of editor.text.entries()) {
    if (index === editor.cursor) mark();
    if (cluster === "\n") {
      rows.push({ text, full: false });
      text = "";
      used = 0;
      putAll(secondPrompt);
      continue;
    }
    putCluster(put, cluster);
  }
  if (editor.cursor === editor.text.length) mark();
  rows.push({ text, full: used >= columns });
  if (used >= columns) rows.push({ text: "", full: false });
  return { rows, ...cursor };
}

/** What is written out as two characters may be parted by the margin, like any two. */
function putCluster(put: (shown: string, width: number) => void, cluster: string): void {
  const shown = shownCluster(cluster);
  if (shown === cluster) return put(cluster, widthOfCluster(cluster));
  for (const character of shown) put(character, 1);
}

/** Words in columns, from top to bottom, as `ls` has them. */
export function inColumns(items: readonly string[], columns: number): readonly string[] {
  const widths = items.map(widthOfText);
  const width = Math.max(...widths, 1) + 2;
  const across = Math.max(1, Math.floor((columns + 1) / width));
  const down = Math.ceil(items.length / across);
  return Array.from({ length: down }, (_, row) => {
    let line = "";
    for (let at = row; at < items.length; at += down) {
      line += (items[at] ?? "") + " ".repeat(width - (widths[at] ?? 0));
    }
    return line.trimEnd();
  });
}
