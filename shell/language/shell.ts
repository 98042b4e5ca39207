// The shell at a terminal: a prompt, a line, its outcome.
//
//                     at the prompt            while a line waits       with a program in front
//   a line            is executed              comes after it           is the program's input
//   Ctrl-C            drops what was typed     ends the waiting         SIGINT; again: gives it up
//   Ctrl-D            leaves                   leaves after it          ends the program's input
//
// Virtual time passes only while a line waits: at the prompt everything stands still.

import { createInterface, type Interface } from "node:readline";
import { Cluster } from "../../cluster/index.ts";
import { onStop, stopRequested } from "../interrupts.ts";
import { clusterOptionsOf, type Settings } from "../options.ts";
import { formatDuration } from "../units.ts";
import { describeFailure, executeLine } from "./lines.ts";
import { programsIn } from "./programs.ts";
import { runScripts } from "./script.ts";
import { Session } from "./session.ts";

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** `sojourn` without a verb. What comes from a pipe or a file is a script. */
export function runShell(settings: Settings): Promise<number> {
  if (!process.stdin.isTTY) return runScripts(["-"], settings);
  return runShellAt({ input: process.stdin, output: process.stdout }, settings);
}

export async function runShellAt(terminal: Terminal, settings: Settings): Promise<number> {
  const screen = new Screen(terminal.output);
  const cluster = await Cluster.boot({
    ...clusterOptionsOf(settings),
    mounts: programsIn(process.cwd()),
    onOutput: (_task, _stream, bytes) => screen.write(bytes),
  });
  const print = (line: string): void => screen.print(line);
  const session = new Session({ cluster, settings, print, talk: print, interactive: true });
  const prompt = new Prompt(terminal, session, screen);
  onStop(() => {
    session.interrupt();
    prompt.close();
  });
  try {
    screen.print('sojourn: hosts stand ready; "help" tells what can be said, Ctrl-D leaves');
    const status = await converse(session, prompt, screen);
    return stopRequested()?.status ?? status;
  } finally {
    onStop(null);
    prompt.close();
    await cluster.close();
  }
}

async function converse(session: Session, prompt: Prompt, screen: Screen): Promise<number> {
  for (;;) {
    for (const job of session.jobs.named) session.tell(job);
    screen.startLine();
    const text = await prompt.next();
    if (text === null) return 0;
    const outcome = await executeLine(session, text);
    if (outcome.at === "leave") return outcome.status;
    if (outcome.at === "failed") {
      screen.print(`sojourn: ${describeFailure(outcome)}`);
    }
  }
}

/** What is written, and whether the cursor is at the start of a line. */
class Screen {
  readonly #output: NodeJS.WritableStream;
  #atStart = true;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#output.write(bytes);
    this.#atStart = bytes.at(-1) === 0x0a;
  }

  print(line: string): void {
    this.startLine();
    this.#output.write(`${line}\n`);
  }

  startLine(): void {
    if (!this.#atStart) this.#output.write("\n");
    this.#atStart = true;
  }
}

/** Lines from the terminal: for the shell, or for the program in the foreground. */
class Prompt {
  readonly #terminal: Terminal;
  readonly #session: Session;
  readonly #screen: Screen;
  readonly #lines: string[] = [];
  #waiting: ((line: string | null) => void) | null = null;
  #reader: Interface;
  #history: string[] = [];
  #closed = false;

  constructor(terminal: Terminal, session: Session, screen: Screen) {
    this.#terminal = terminal;
    this.#session = session;
    this.#screen = screen;
    this.#reader = this.#open();
  }

  /** The next line; null at the end. */
  next(): Promise<string | null> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#closed) return Promise.resolve(null);
    const { cluster, settings } = this.#session;
    this.#reader.setPrompt(`sojourn ${settings.on} ${formatDuration(cluster.now)}> `);
    this.#reader.prompt();
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
  }

  #open(): Interface {
    const reader = createInterface({ ...this.#terminal, terminal: true, history: this.#history });
    reader.on("line", (line) => this.#onLine(line));
    reader.on("SIGINT", () => this.#onInterrupt());
    reader.on("history", (history) => {
      this.#history = history;
    });
    reader.on("close", () => this.#onEnd());
    return reader;
  }

  #onLine(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) waiting(line);
    else if (this.#session.foreground) this.#session.type(Buffer.from(`${line}\n`), false);
    else this.#lines.push(line);
  }

  #onInterrupt(): void {
    if (!this.#waiting) {
      this.#session.interrupt();
      return;
    }
    // To the end, and back to the start: drops what was typed, and shows the prompt again.
    this.#screen.print("^C");
    this.#reader.write(null, { ctrl: true, name: "e" });
    this.#reader.write(null, { ctrl: true, name: "u" });
  }

  /** readline closes at Ctrl-D; for the program in the foreground that is the end of its input only. */
  #onEnd(): void {
    if (!this.#closed && this.#session.foreground) {
      this.#session.type(new Uint8Array(0), true);
      this.#reader = this.#open();
      return;
    }
    this.#closed = true;
    this.#waiting?.(null);
    this.#waiting = null;
  }
}
