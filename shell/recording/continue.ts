// Goes on where a replay has ended: a session on the cluster as it stands, at the terminal, or with
// the lines of standard input.

import { text as readAll } from "node:stream/consumers";
import type { Cluster, Json } from "../../cluster/index.ts";
import { onStop, stopRequested, tellStop } from "../interrupts.ts";
import { runLines, Session } from "../language/index.ts";
import type { Settings } from "../options.ts";
import { writeOutput } from "../run-output.ts";
import { runShellOn } from "../terminal/index.ts";
import { restoreSession } from "./session-part.ts";

interface Sink {
  write: ((stream: 1 | 2, bytes: Uint8Array) => void) | null;
}

/** Returns the exit status. `part`: what the recording keeps of its session. */
export async function goOn(
  cluster: Cluster,
  part: Json,
  settings: Settings,
  sink: Sink,
): Promise<number> {
  if (process.stdin.isTTY) {
    return runShellOn(settings, {
      cluster: (write) => {
        sink.write = (_stream, bytes) => write(bytes);
        return Promise.resolve(cluster);
      },
      prepare: (session) => restoreSession(session, part),
    });
  }
  sink.write = writeOutput;
  const session = new Session({ cluster, settings, print: printLine, talk: talkLine });
  restoreSession(session, part);
  const lines = await readAll(process.stdin);
  onStop(() => session.interrupt());
  const status = await runLines(session, lines, "-");
  if (stopRequested()) tellStop();
  return stopRequested()?.status ?? status;
}

function printLine(line: string): void {
  writeOutput(1, Buffer.from(`${line}\n`));
}

function talkLine(line: string): void {
  writeOutput(2, Buffer.from(`${line}\n`));
}
