// Goal: output and the line that is typed never garble each other, whatever comes when.
// Method: a small terminal reads what is painted; its rows are compared with what should stand there.

import { Writable } from "node:stream";
import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { createEditor } from "../../../shell/terminal/editor.ts";
import { putText } from "../../../shell/terminal/editor-state.ts";
import { layout } from "../../../shell/terminal/layout.ts";
import { type Area, Screen } from "../../../shell/terminal/screen.ts";
import { clustersOf, widthOfCluster } from "../../../shell/terminal/width.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

/** A control sequence, a control character, or text. */
// eslint-disable-next-line no-control-regex
const pieces = /\x1b\[(\d*)([A-Z])|[\r\n\x07]|[^\x1b\r\n\x07]+/g;

/** Rows of cells without an end; a newline goes to the start of the next, as terminals are set. */
class TinyTerminal {
  readonly columns: number;
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  get rows(): readonly string[] {
    return this.#rows.map((row) => row.join("").trimEnd());
  }

  get cursor(): readonly [number, number] {
    return [this.#row, Math.min(this.#column, this.columns - 1)];
  }

  write(text: string): void {
    for (const [whole, count, command] of text.matchAll(pieces)) {
      if (command !== undefined) this.#control(command, Number(count || "1"));
      else if (whole === "\r") this.#column = 0;
      else if (whole === "\n") this.#to(this.#row + 1, 0);
      else if (whole !== "\x07") for (const cluster of clustersOf(whole)) this.#put(cluster);
    }
  }

  #to(row: number, column: number): void {
    this.#row = row;
    this.#column = column;
    while (this.#rows.length <= row) this.#rows.push([]);
  }

  #put(cluster: string): void {
    const width = widthOfCluster(cluster);
    if (this.#column + width > this.columns) this.#to(this.#row + 1, 0);
    const row = this.#rows[this.#row] ?? [];
    while (row.length < this.#column) row.push(" ");
    row.splice(this.#column, width, cluster, ...(width === 2 ? [""] : []));
    this.#column += width;
  }

  #control(command: string, count: number): void {
    if (command === "A") this.#to(Math.max(0, this.#row - count), this.#column);
    else if (command === "B") this.#to(this.#row + count, this.#column);
    else if (command === "C") this.#column = Math.min(this.columns - 1, this.#column + count);
    else if (command === "J") {
      this.#rows.length = this.#row + 1;
      this.#rows[this.#row]?.splice(this.#column);
    }
  }
}

function screenOn(columns: number): { readonly screen: Screen; readonly terminal: TinyTerminal } {
  const terminal = new TinyTerminal(columns);
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: Buffer | string, _encoding, done) => {
      terminal.write(chunk.toString());
      done();
    },
  });
  return { screen: new Screen(output, () => ({ columns, rows: 100 })), terminal };
}

const lineArea =
  (text: string, place: number = text.length): Area =>
  ({ columns }) =>
    layout(putText(createEditor([]), text, place), "> ", columns);

/** The rows that a text takes. */
function wrapped(text: string, columns: number): readonly string[] {
  const plain: Area = () => layout(putText(createEditor([]), text, 0), "", columns);
  const { rows } = plain({ columns, rows: 100 });
  const last = rows.at(-1);
  const cut = last?.text === "" && rows.length > 1 ? rows.slice(0, -1) : rows;
  return cut.map((row) => row.text.trimEnd());
}

test("screen: output while a line is typed: stands above it", (t) => {
  const { screen, terminal } = screenOn(20);
  screen.paint(lineArea("ec"));
  screen.write(Buffer.from("one\ntwo\n"));
  screen.paint(lineArea("echo"));
  t.deepEqual(terminal.rows, ["one", "two", "> echo"]);
  t.deepEqual(terminal.cursor, [2, 6]);
  screen.finish(lineArea("echo"));
  screen.write(Buffer.from("three\n"));
  t.deepEqual(terminal.rows, ["one", "two", "> echo", "three", ""]);
});

test("screen: output without a newline: goes on where it stopped, above the line", (t) => {
  const { screen, terminal } = screenOn(20);
  screen.paint(lineArea("ec"));
  for (const part of ["load", "ing ", "…"]) screen.write(Buffer.from(part));
  t.deepEqual(terminal.rows, ["loading …", "> ec"]);
  screen.write(Buffer.from(" done\nnext"));
  t.deepEqual(terminal.rows, ["loading … done", "next", "> ec"]);
  screen.print("ours");
  t.deepEqual(terminal.rows, ["loading … done", "next", "ours", "> ec"]);
  screen.drop();
  t.deepEqual(terminal.rows, ["loading … done", "next", "ours", ""]);
});

const words = fc
  .array(fc.constantFrom("a", "b", " x", "你", "\n", "lorem ipsum", "0123456789"), { maxLength: 8 })
  .map((parts) => parts.join(""));
const happening = fc.oneof(
  words.map((text) => ({ do: "write" as const, text })),
  fc.tuple(words, fc.nat(30)).map(([text, place]) => ({ do: "type" as const, text, place })),
  fc.constant({ do: "print" as const, text: "ours" }),
);

testProp(
  "screen: any output and any typing: each stands there whole, and the cursor is in the line",
  [fc.array(happening, { minLength: 1, maxLength: 12 }), fc.integer({ min: 5, max: 24 })],
  (t, happenings, columns) => {
    const { screen, terminal } = screenOn(columns);
    let area = lineArea("");
    let output = "";
    screen.paint(area);
    for (const one of happenings) {
      if (one.do === "write") {
        screen.write(Buffer.from(one.text));
        output += one.text;
      } else if (one.do === "print") {
        screen.print(one.text);
        output += `${output === "" || output.endsWith("\n") ? "" : "\n"}${one.text}\n`;
      } else {
        area = lineArea(one.text, one.place);
        screen.paint(area);
      }
      const lines = output.split("\n");
      if (lines.at(-1) === "") lines.pop();
      const above = lines.flatMap((line) => wrapped(line, columns));
      const { rows, row, column } = area({ columns, rows: 100 });
      t.deepEqual(terminal.rows, [...above, ...rows.map(({ text }) => text.trimEnd())]);
      t.deepEqual(terminal.cursor, [above.length + row, column]);
    }
  },
);
