// The line of a terminal in front of which a program sits: what is typed is held until it is whole.
//
//   text        echoed, and held                 Backspace  takes one back; C-w a word; C-u all
//   Enter       the line goes to the program     C-d        what is held goes; nothing held: the end
//   C-c C-z C-\ a signal; what is held is gone
//
// What the program has not taken when it ends is for the next prompt.

import { blankBefore } from "./editor-state.ts";
import type { Key } from "./key.ts";
import { clustersOf, shownCluster, widthOfCluster } from "./width.ts";

export interface Discipline {
  /** What has been typed of the line, in clusters. */
  readonly held: readonly string[];
}

export type DisciplineEffect =
  /** To be seen on the screen. */
  | { readonly do: "echo"; readonly text: string }
  | { readonly do: "send"; readonly text: string; readonly end: boolean }
  | { readonly do: "signal"; readonly signal: KeySignal };

export interface DisciplineStep {
  readonly discipline: Discipline;
  readonly effects: readonly DisciplineEffect[];
}

export const nothingHeld: Discipline = { held: [] };

export type KeySignal = "SIGINT" | "SIGTSTP" | "SIGQUIT";

const signalKeys: Readonly<Record<string, KeySignal>> = {
  "C-c": "SIGINT",
  "C-z": "SIGTSTP",
  "C-\\": "SIGQUIT",
};

/** The signal that a key stands for, and what is seen of it. */
export function signalOf({
  chord,
}: Key): { readonly signal: KeySignal; readonly echo: string } | undefined {
  const signal = Object.hasOwn(signalKeys, chord) ? signalKeys[chord] : undefined;
  return signal && { signal, echo: `^${chord.slice(2).toUpperCase()}\n` };
}

export function disciplineStep(discipline: Discipline, key: Key): DisciplineStep {
  const { held } = discipline;
  const signal = signalOf(key);
  if (signal) {
    return {
      discipline: nothingHeld,
      effects: [echoed(signal.echo), { do: "signal", signal: signal.signal }],
    };
  }
  switch (key.chord) {
    case "return":
    case "enter":
    case "C-j":
      return {
        discipline: nothingHeld,
        effects: [echoed("\n"), { do: "send", text: `${held.join("")}\n`, end: false }],
      };
    case "C-d":
      return {
        discipline: nothingHeld,
        effects: [{ do: "send", text: held.join(""), end: held.length === 0 }],
      };
    case "backspace":
    case "C-h":
      return erased(held, held.length - 1);
    case "C-w":
      return erased(held, blankBefore({ text: held, cursor: held.length }));
    case "C-u":
      return erased(held, 0);
    case "paste-start":
    case "paste-end":
      return { discipline, effects: [] };
    default:
      return typed(held, key.sequence);
  }
}

function typed(held: readonly string[], text: string): DisciplineStep {
  const clusters = clustersOf(text);
  const shown = clusters.map(shownCluster).join("");
  return { discipline: { held: [...held, ...clusters] }, effects: [echoed(shown)] };
}

/** Takes back what lies behind a place, on the screen too. */
function erased(held: readonly string[], from: number): DisciplineStep {
  const at = Math.max(0, from);
  const cells = held.slice(at).reduce((sum, cluster) => sum + widthOfCluster(cluster), 0);
  return { discipline: { held: held.slice(0, at) }, effects: [echoed("\b \b".repeat(cells))] };
}

function echoed(text: string): DisciplineEffect {
  return { do: "echo", text };
}
