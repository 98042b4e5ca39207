// The screen: what programs write scrolls by above; below it stands an area that is painted anew.
//
//   … output, line by line
//   … maybe a line without its end yet      continued where it stopped, when more comes
//   area: the prompt and its line, or `top`  erased before output, painted again after it
//
// While nothing is painted, output goes to the terminal as it comes.

import { StringDecoder } from "node:string_decoder";
import type { Layout } from "./layout.ts";
import { clustersOf, widthOfCluster } from "./width.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is to stand in the area, for a width. */
export type Area = (size: Size) => Layout;

/** Beyond this an unfinished line is not continued, but begun anew. */
const tailMax = 2_000;
const eraseBelow = "\x1b[J";
const clearAll = "\x1b[H\x1b[2J\x1b[3J";

export class Screen {
  readonly #output: NodeJS.WritableStream;
  readonly #size: () => Size;
  readonly #decoder = new StringDecoder("utf8");
  #area: Area | null = null;
  /** How many rows below the top of the area the cursor is. */
  #row = 0;
  /** The last line of output, if it has no end yet; null if nobody knows where the cursor is. */
  #tail: string | null = "";
  /** A newline that is not the output's stands between it and the area. */
  #parted = false;

  constructor(output: NodeJS.WritableStream, size: () => Size) {
    this.#output = output;
    this.#size = size;
  }

  get size(): Size {
    return this.#size();
  }

  /** Output of programs, above the area. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const opening = this.#open();
    this.#follow(this.#decoder.write(Buffer.from(bytes)));
    const closing = this.#close();
    this.#output.write(Buffer.concat([Buffer.from(opening), bytes, Buffer.from(closing)]));
  }

  /** A line of ours: it begins where a line begins. */
  print(line: string): void {
    const opening = this.#open();
    const fresh = this.#tail === "" ? "" : "\n";
    this.#tail = "";
    this.#output.write(`${opening}${fresh}${line}\n${this.#close()}`);
  }

  /** Paints the area, in place of what stood there. */
  paint(area: Area): void {
    const opening = this.#area ? this.#erase() : "";
    this.#area = area;
    this.#output.write(opening + this.#close());
  }

  /** The area stays as it is, and what comes goes below it. */
  finish(area: Area): void {
    this.paint(area);
    const { rows } = area(this.size);
    const below = Math.max(0, rows.length - 1 - this.#row);
    this.#output.write(`${below > 0 ? `\x1b[${below}B` : ""}\r\n`);
    this.#area = null;
    this.#parted = false;
    this.#tail = "";
  }

  /** The area goes. */
  drop(): void {
    if (!this.#area) return;
    this.#output.write(this.#erase() + this.#rejoin());
    this.#area = null;
  }

  bell(): void {
    this.#output.write("\x07");
  }

  clear(): void {
    const area = this.#area;
    this.#area = null;
    this.#parted = false;
    this.#tail = "";
    this.#output.write(clearAll);
    if (area) this.paint(area);
  }

  /** The terminal has another width: it has wrapped the area anew itself. */
  resized(): void {
    const area = this.#area;
    if (!area) return;
    this.#row = this.#shown(area).row;
    this.paint(area);
  }

  #shown(area: Area): Layout {
    return fit(area(this.size), this.size.rows);
  }

  /** Takes the area away, and goes to where output continues. */
  #open(): string {
    return this.#area ? this.#erase() + this.#rejoin() : "";
  }

  #erase(): string {
    const up = this.#row > 0 ? `\x1b[${this.#row}A` : "";
    this.#row = 0;
    return `${up}\r${eraseBelow}`;
  }

  /** Back to the end of the line that has none yet. */
  #rejoin(): string {
    if (!this.#parted || this.#tail === null) return "";
    this.#parted = false;
    const { columns } = this.size;
    const { used, last } = lastRow(this.#tail, columns);
    if (used < columns) return `\x1b[A\x1b[${used}C`;
    // Behind a full row: its last cluster, written again, leaves the cursor where it was.
    const before = columns - widthOfCluster(last);
    return `\x1b[A${before > 0 ? `\x1b[${before}C` : ""}${last}`;
  }

  /** Puts the area below the output. */
  #close(): string {
    if (!this.#area) return "";
    const part = this.#tail === "" || this.#parted ? "" : "\r\n";
    if (part !== "") this.#parted = true;
    const { rows, row, column } = this.#shown(this.#area);
    this.#row = row;
    let text = part;
    for (const [index, { text: cells, full }] of rows.entries()) {
      text += cells;
      const next = rows[index + 1];
      if (!next) continue;
      // A blank makes the terminal wrap where nothing follows.
      text += full ? (next.text === "" ? " \r" : "") : "\r\n";
    }
    const up = rows.length - 1 - row;
    return `${text}${up > 0 ? `\x1b[${up}A` : ""}\r${column > 0 ? `\x1b[${column}C` : ""}`;
  }

  #follow(text: string): void {
    const last = text.lastIndexOf("\n");
    const tail = last < 0 ? (this.#tail ?? "\r") + text : text.slice(last + 1);
    // What moves the cursor leaves us not knowing where it is.
    // eslint-disable-next-line no-control-regex
    const lost = tail.length > tailMax || /[\x00-\x1f\x7f]/.test(tail);
    this.#tail = lost ? null : tail;
    if (last >= 0) this.#parted = false;
  }
}

/** The row in which a text that is wrapped ends: the cells that are used, and the last cluster. */
function lastRow(text: string, columns: number): { readonly used: number; readonly last: string } {
  let used = 0;
  let last = "";
  for (const cluster of clustersOf(text)) {
    const width = widthOfCluster(cluster);
    used = used + width > columns ? width : used + width;
    if (width > 0) last = cluster;
  }
  return { used, last };
}

/** Of an area that is higher than the screen: the rows around the cursor. */
function fit({ rows, row, column }: Layout, height: number): Layout {
  if (rows.length <= height) return { rows, row, column };
  const from = Math.min(Math.max(0, row - height + 2), rows.length - height);
  const visible = rows.slice(from, from + height);
  return { rows: visible, row: row - from, column };
}
