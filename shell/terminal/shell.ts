// The shell at a terminal: a prompt, a line, its outcome, and time that passes by itself.
//
//                     at the prompt            while a line waits       with a program in front
//   keys              edit the line            are kept for later       are the program's, by line
//   Ctrl-C            drops what was typed     ends the waiting         SIGINT; again: gives it up
//   Ctrl-Z            nothing                  nothing                  SIGTSTP
//   Ctrl-D            leaves                   is kept for later        ends the program's input
//   time              passes by the pace       passes by the pace       passes by the pace
//
// A line that is accepted makes the cluster stand still first, and enters at the time it is then.

import type { Cluster } from "../../cluster/index.ts";
import { bootCluster } from "../boot.ts";
import { onStop, requestStop, stopRequested, tellStop } from "../interrupts.ts";
import { executeLine } from "../language/lines.ts";
import { describeFailure } from "../language/outcome.ts";
import { programsIn } from "../language/programs.ts";
import { runScripts } from "../language/script.ts";
import { Session } from "../language/session.ts";
import { clusterOptionsOf, type Settings } from "../options.ts";
import { Desk } from "./desk.ts";
import { historyPath, openHistory } from "./history.ts";
import { Screen } from "./screen.ts";
import { sizeOf, takeTerminal, type Terminal } from "./terminal.ts";

export type { Terminal } from "./terminal.ts";

/** Whoever sat at the terminal has gone. */
const statusHungUp = 129;

/** `sojourn` without a verb. Unless both ends are a terminal, what comes is a script. */
export function runShell(settings: Settings): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return runScripts(["-"], settings);
  return runShellAt({ input: process.stdin, output: process.stdout }, settings);
}

/** A session that does not begin with a cluster of its own. */
export interface ShellStart {
  /** The cluster; what its programs write goes to `write`. */
  readonly cluster: (write: (bytes: Uint8Array) => void) => Promise<Cluster>;
  /** Is called before the first prompt. */
  readonly prepare: (session: Session) => void;
}

/** At this process's terminal, on a cluster that somebody else has brought so far. */
export function runShellOn(settings: Settings, start: ShellStart): Promise<number> {
  return runShellAt({ input: process.stdin, output: process.stdout }, settings, start);
}

export async function runShellAt(
  terminal: Terminal,
  settings: Settings,
  start?: ShellStart,
): Promise<number> {
  const screen = new Screen(terminal.output, () => sizeOf(terminal));
  const print = (line: string): void => screen.print(line);
  const boot = (options: Settings): Promise<Cluster> =>
    bootCluster({
      ...clusterOptionsOf(options),
      mounts: programsIn(process.cwd()),
      onOutput: (_task, _stream, bytes) => screen.write(bytes),
    });
  const history = openHistory(historyPath(process.env), (line) => print(`sojourn: ${line}`));
  const cluster = start
    ? await start.cluster((bytes) => screen.write(bytes))
    : await boot(settings);
  const desk = new Desk({ cluster, settings, print, boot, screen, history });
  const giveBack = takeTerminal(terminal, desk);
  const onHangUp = (): void => requestStop({ status: statusHungUp, line: "the terminal has gone" });
  process.on("SIGHUP", onHangUp);
  onStop(() => desk.close());
  try {
    start?.prepare(desk.session);
    desk.prepared();
    screen.print('sojourn: hosts stand ready; "help" tells what can be said, Ctrl-D leaves');
    const status = await converse(desk, desk.session, screen);
    return stopRequested()?.status ?? status;
  } finally {
    onStop(null);
    process.off("SIGHUP", onHangUp);
    screen.drop();
    giveBack();
    tellStop();
    await desk.session.cluster.close();
  }
}

async function converse(desk: Desk, session: Session, screen: Screen): Promise<number> {
  for (;;) {
    const text = await desk.nextLine();
    if (text === null) return 0;
    const outcome = await executeLine(session, text);
    if (outcome.at === "leave") return outcome.status;
    if (outcome.at === "failed") screen.print(`sojourn: ${describeFailure(outcome)}`);
  }
}
