// `sojourn trace FILE …`, and `trace` as a line: reads, converts, writes.

import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { refuseMachineFile, refuseUsage, say } from "../exit-status.ts";
import { outputDrained, writeOutput } from "../run-output.ts";
import { convertLines, convertPages } from "./convert.ts";
import { openTrace, type ReadTrace } from "./read.ts";
import { parseRequest, type TraceRequest } from "./request.ts";

/** Where what has no file of its own goes. */
export interface TraceOutput {
  readonly line: (line: string) => void | Promise<void>;
  readonly talk: (line: string) => void;
}

/** The command: its exit status. Throws a `Refusal`. */
export async function traceCommand(words: readonly string[]): Promise<number> {
  const parsed = parseRequest(words);
  if ("wrong" in parsed) throw refuseUsage(`trace: ${parsed.wrong}; see sojourn trace --help`);
  const { file, count } = parsed.value;
  if (file === null) {
    const which = count === null ? "which file?" : `a number is no file: ./${count} would be one;`;
    throw refuseUsage(`trace: ${which} usage: sojourn trace FILE [--to FORMAT] [filters]`);
  }
  const output = standardOutput();
  await writeTrace(openTrace(file), parsed.value, output);
  await output.end();
  return 0;
}

/** Writes what is asked for of a trace. Throws a `Refusal`. */
export async function writeTrace(
  trace: ReadTrace,
  request: TraceRequest,
  output: TraceOutput,
): Promise<void> {
  if (request.to === "svg") await writeSvg(trace, request, output);
  else await writeLines(convertLines(trace, request), request.out, output);
}

async function writeSvg(
  trace: ReadTrace,
  request: TraceRequest,
  output: TraceOutput,
): Promise<void> {
  const pages = convertPages(trace, request);
  if (request.pages !== null) {
    const many = pages.count === 1 ? "1 page" : `${pages.count} pages`;
    writePages(request.pages, pages.count, pages.draw);
    output.talk(`${many} of ${pages.events} events written to ${request.pages}`);
    return;
  }
  const page = request.page ?? 1;
  if (page > pages.count) throw refuseUsage(`trace: no page ${page}: there are ${pages.count}`);
  await writeLines(pages.draw(page).trimEnd().split("\n"), request.out, output);
  if (pages.count === 1 || request.page !== null) return;
  output.talk(
    `this is page 1 of ${pages.count}: --page N draws another, --pages DIR writes all, --per-page N and filters change how many there are`,
  );
}

function writePages(folder: string, count: number, draw: (page: number) => string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw refuseMachineFile("write", folder, error);
  }
  const digits = Math.max(4, String(count).length);
  for (let page = 1; page <= count; page++) {
    const path = join(folder, `page-${String(page).padStart(digits, "0")}.svg`);
    const file = createFile(path);
    file.write(draw(page));
    file.close();
  }
}

async function writeLines(
  lines: Iterable<string>,
  path: string | null,
  output: TraceOutput,
): Promise<void> {
  if (path === null) {
    for (const line of lines) await output.line(line);
    return;
  }
  // Opened when the first line is there: a trace that cannot be read leaves no file behind.
  const gathered = gather(lines);
  const first = gathered.next();
  const file = createFile(path);
  if (!first.done) file.write(first.value);
  for (const text of gathered) file.write(text);
  file.close();
}

/** Some lines at once: a system call each would be slow. */
function* gather(lines: Iterable<string>): Generator<string> {
  let some: string[] = [];
  for (const line of lines) {
    some.push(line);
    if (some.length < 1000) continue;
    yield `${some.join("\n")}\n`;
    some = [];
  }
  if (some.length > 0) yield `${some.join("\n")}\n`;
}

interface MachineFile {
  readonly write: (text: string) => void;
  readonly close: () => void;
}

function createFile(path: string): MachineFile {
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw refuseMachineFile("write", path, error);
    }
  };
  const file = attempt(() => openSync(path, "w"));
  return {
    write: (text) => {
      const bytes = Buffer.from(text);
      for (let from = 0; from < bytes.length;) {
        from += attempt(() => writeSync(file, bytes, from));
      }
    },
    close: () => attempt(() => closeSync(file)),
  };
}

/** Standard output, some lines at once, no faster than they are read. */
function standardOutput(): TraceOutput & { readonly end: () => Promise<void> } {
  let some: string[] = [];
  const flush = async (): Promise<void> => {
    if (some.length > 0) writeOutput(1, Buffer.from(`${some.join("\n")}\n`));
    some = [];
    await outputDrained();
  };
  return {
    line: (line) => {
      some.push(line);
      return some.length < 1000 ? undefined : flush();
    },
    talk: say,
    end: flush,
  };
}
