// Plays a script for somebody who watches: comments are told, lines are typed, output is folded.
//
//   # comment        told as it stands
//   migrate %1 h2    sojourn> migrate %1 h2, then what comes out
//   expect …         silent while it holds; the end says how many held

import { Cluster } from "../cluster/index.ts";
import { clusterOptionsOf, type Settings } from "./options.ts";
import {
  describeMistake,
  type Outcome,
  prepareLine,
  runLine,
  Session,
  waitForAll,
} from "./language/index.ts";

/** Columns of the screen. */
const widthMax = 100;
/** Of a longer output the first and the last lines are shown. */
const linesWhole = 45;
const linesAtEnds = 5;

export interface DemoResult {
  readonly status: number;
  readonly expectationsHeld: number;
}

/** Plays all lines of `text`, or those up to the first that fails. */
export async function playScript(
  text: string,
  settings: Settings,
  print: (line: string) => void,
): Promise<DemoResult> {
  const output = new FoldedOutput();
  const show = (line: string): void => {
    for (const part of wrap(line)) print(part);
  };
  const cluster = await Cluster.boot({
    ...clusterOptionsOf(settings),
    onOutput: (task, _stream, bytes) => output.add(task.job, bytes),
  });
  try {
    const session = new Session({ cluster, settings, print: show, talk: show });
    let held = 0;
    for (const line of text.trimEnd().split("\n")) {
      const outcome = await playLine(session, line, print);
      output.print((job) => session.jobs.ofTask(job)?.number ?? job, print);
      if (outcome.at === "leave") return { status: outcome.status, expectationsHeld: held };
      if (outcome.at === "failed") return failure(outcome, held, print);
      if (isExpectation(line)) held++;
    }
    const end = await waitForAll(session);
    if (end.at === "failed") return failure(end, held, print);
    return { status: 0, expectationsHeld: held };
  } finally {
    await cluster.close();
  }
}

async function playLine(
  session: Session,
  text: string,
  print: (line: string) => void,
): Promise<Outcome> {
  const prepared = prepareLine(text, session.settings);
  if ("nothing" in prepared) {
    print(text.replace(/^# ?/, ""));
    return { at: "done", status: 0 };
  }
  if ("wrong" in prepared) {
    const got = describeMistake(prepared);
    return { at: "failed", status: 64, expected: `a line that can be read: ${text}`, got };
  }
  if (!isExpectation(text)) print(`sojourn> ${text}`);
  return runLine(session, prepared);
}

function isExpectation(line: string): boolean {
  return line.startsWith("expect ");
}

function failure(
  { expected, got, status }: Extract<Outcome, { at: "failed" }>,
  expectationsHeld: number,
  print: (line: string) => void,
): DemoResult {
  print(`sojourn: expected ${expected}, got ${got}`);
  return { status, expectationsHeld };
}

/** What programs wrote while a line ran: their lines, one after the other. */
class FoldedOutput {
  readonly #parts = new Map<number, Uint8Array[]>();

  add(job: number, bytes: Uint8Array): void {
    const parts = this.#parts.get(job) ?? [];
    parts.push(bytes);
    this.#parts.set(job, parts);
  }

  print(numberOf: (job: number) => number, print: (line: string) => void): void {
    for (const [job, parts] of this.#parts) {
      const bytes = Buffer.concat(parts);
      const end = bytes.lastIndexOf("\n");
      // A line that is not whole yet comes with the next ones.
      this.#parts.set(job, [bytes.subarray(end + 1)]);
      if (end < 0) continue;
      const lines = bytes.toString("utf8", 0, end).split("\n");
      for (const line of fold(`  %${numberOf(job)} wrote: `, lines)) print(line);
    }
  }
}

function fold(label: string, lines: readonly string[]): readonly string[] {
  const words =
    lines.length <= linesWhole
      ? lines
      : [
          ...lines.slice(0, linesAtEnds),
          "…",
          ...lines.slice(-linesAtEnds),
          `(${lines.length} lines)`,
        ];
  const folded: string[] = [];
  let line = label;
  for (const word of words) {
    if (line !== label && line.length + word.length + 1 > widthMax) {
      folded.push(line.trimEnd());
      line = " ".repeat(label.length);
    }
    line += `${word} `;
  }
  return [...folded, line.trimEnd()];
}

/** The last column of a table goes on below itself. */
function wrap(line: string): readonly string[] {
  if (line.length <= widthMax) return [line];
  const end = line.lastIndexOf(" ", widthMax);
  const column = line.lastIndexOf("  ", end) + 2;
  const rest = `${" ".repeat(column)}${line.slice(end + 1)}`;
  // No room to go on: then it stands as it is.
  return end <= column ? [line] : [line.slice(0, end), ...wrap(rest)];
}
