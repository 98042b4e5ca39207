// What scripts write to standard output: as it is, or as a report in the Test Anything Protocol.
//
//   TAP version 14
//   1..2
//   # hello                         what programs and verbs print
//   ok 1 - a.sojourn                a test for each file
//   not ok 2 - b.sojourn
//     ---                           and of one that failed, where and why
//     line: 4
//     ...

import type { ScriptResult } from "./language/script-result.ts";
import { writeOutput } from "./run-output.ts";

export interface ScriptOutput {
  /** `source`: whose bytes they are; the lines of two do not mix. */
  write(stream: 1 | 2, bytes: Uint8Array, source: number): void;
  ended(result: ScriptResult): void;
  /** Nothing more will come. */
  bailOut(why: string): void;
}

export const plainOutput: ScriptOutput = {
  write: (stream, bytes) => writeOutput(stream, bytes),
  ended: () => undefined,
  bailOut: () => undefined,
};

export class TapOutput implements ScriptOutput {
  #count = 0;
  /** The beginnings of lines that have not ended yet. */
  readonly #begun = new Map<number, Buffer>();

  constructor(files: number) {
    tell(["TAP version 14", `1..${files}`]);
  }

  write(stream: 1 | 2, bytes: Uint8Array, source: number): void {
    if (stream === 2) return writeOutput(2, bytes);
    const held = Buffer.concat([this.#begun.get(source) ?? Buffer.alloc(0), bytes]);
    const end = held.lastIndexOf("\n") + 1;
    this.#begun.set(source, held.subarray(end));
    if (end > 0) comment(held.subarray(0, end));
  }

  ended(result: ScriptResult): void {
    for (const rest of this.#begun.values()) if (rest.length > 0) comment(rest);
    this.#begun.clear();
    this.#count++;
    tell(testLines(this.#count, result));
  }

  bailOut(why: string): void {
    tell([`Bail out! ${oneLine(why)}`]);
  }
}

/** A test point, and what is known of one that failed. */
function testLines(number: number, result: ScriptResult): readonly string[] {
  const { file, failure, again } = result;
  const name = oneLine(file).replace(/[\\#]/g, "\\$&");
  if (!failure) return [`ok ${number} - ${name}`];
  const line = /:(\d+|end)$/.exec(failure.place)?.[1] ?? "end";
  return [
    `not ok ${number} - ${name}`,
    "  ---",
    `  file: ${JSON.stringify(failure.place.replace(/:(\d+|end)$/, "") || file)}`,
    `  line: ${line}`,
    `  expected: ${JSON.stringify(failure.expected)}`,
    `  got: ${JSON.stringify(failure.got)}`,
    ...(again === null ? [] : [`  replay: ${JSON.stringify(again)}`]),
    "  ...",
  ];
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function comment(bytes: Buffer): void {
  const lines = bytes.toString("utf8").replace(/\n$/, "").split("\n");
  tell(lines.map((line) => `# ${line.replaceAll("\r", "")}`.trimEnd()));
}

function tell(lines: readonly string[]): void {
  writeOutput(1, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}
