// A program's output to ours, byte for byte, and no more of it in memory than a slow reader needs.

import { outputIsMuted } from "./diversion.ts";
import { onOutputError } from "./interrupts.ts";

/** Above this, the cluster waits for whoever reads our output. */
const heldBytesMax = 4 * 2 ** 20;

/** Requires: `watchInterrupts` has been called, so that later errors are heard. */
export function writeOutput(stream: 1 | 2, bytes: Uint8Array): void {
  if (outputIsMuted()) return;
  const target = stream === 1 ? process.stdout : process.stderr;
  if (target.destroyed) return;
  try {
    target.write(bytes);
  } catch (error) {
    // Files are written at once, and their errors come at once.
    if (stream === 1) onOutputError(error);
  }
}

/** Returns when the reader has caught up. */
export async function outputDrained(): Promise<void> {
  for (const target of [process.stdout, process.stderr]) {
    if (target.writableLength > heldBytesMax) await flushed(target);
  }
}

/** Returns when all has been handed over, or nobody is there to take it. */
export async function outputFlushed(): Promise<void> {
  await flushed(process.stdout);
  await flushed(process.stderr);
}

function flushed(target: NodeJS.WriteStream): Promise<void> {
  if (target.destroyed || target.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    target.once("close", resolve);
    target.write("", () => resolve());
  });
}
