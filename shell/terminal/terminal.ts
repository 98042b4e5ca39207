// The terminal itself: raw mode, keys, size; and that it is left as it was found, however we end.

import { emitKeypressEvents, type Key as NodeKey } from "node:readline";
import { type Key, keyOf } from "./key.ts";
import type { Size } from "./screen.ts";

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => unknown };
  readonly output: NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };
}

export interface Listener {
  key(key: Key): void;
  resized(): void;
  /** Nothing more will be typed: the terminal has gone. */
  ended(): void;
}

/** A paste comes between marks, so that its newlines are no Enter. */
const pasteOn = "\x1b[?2004h";
const pasteOff = "\x1b[?2004l";

/** Takes the terminal; returns what gives it back, which may be called more than once. */
export function takeTerminal({ input, output }: Terminal, listener: Listener): () => void {
  const onKey = (typed: string | undefined, key: NodeKey): void => listener.key(keyOf(typed, key));
  const onResize = (): void => listener.resized();
  const onEnd = (): void => listener.ended();
  let taken = true;
  const giveBack = (): void => {
    if (!taken) return;
    taken = false;
    process.off("exit", giveBack);
    input.off("keypress", onKey);
    input.off("end", onEnd);
    output.off("resize", onResize);
    input.setRawMode?.(false);
    input.pause();
    output.write(pasteOff);
  };
  // Whatever ends the process: SIGTERM, a bug of ours, a closed output.
  process.on("exit", giveBack);
  emitKeypressEvents(input);
  input.setRawMode?.(true);
  input.on("keypress", onKey);
  input.on("end", onEnd);
  output.on("resize", onResize);
  output.write(pasteOn);
  input.resume();
  return giveBack;
}

const sizeDefault = { columns: 80, rows: 24 };
const columnsMin = 4;
const rowsMin = 2;

export function sizeOf({ output }: Terminal): Size {
  return {
    columns: Math.max(columnsMin, output.columns || sizeDefault.columns),
    rows: Math.max(rowsMin, output.rows || sizeDefault.rows),
  };
}
