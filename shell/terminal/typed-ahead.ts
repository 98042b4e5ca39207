// What is typed while a line runs: for the program in front when it reads, else for the next prompt.
//
//   key ──▶ ahead ──the program has the terminal──▶ discipline ──Enter──▶ lines ──it reads──▶ program
//             ▲                                         │                   │
//             └──────────────── the program has ended: what it has not read ┘
//
// The program's lines are held back until it waits for one, as a terminal holds them.

import type { Session } from "../language/session.ts";
import {
  type Discipline,
  type DisciplineEffect,
  disciplineStep,
  nothingHeld,
} from "./discipline.ts";
import { type Key, textKey, chordKey } from "./key.ts";

interface TypedLine {
  readonly text: string;
  readonly end: boolean;
}

/** Virtual time that a line has to reach its program before another one may follow it. */
const settleNs = 1_000_000;
/** A program that does not read yet is looked at again after so long, ms. */
const againMs = 20;

export class TypedAhead {
  readonly #session: Session;
  readonly #onEffect: (effect: DisciplineEffect) => void;
  #ahead: Key[] = [];
  #discipline: Discipline = nothingHeld;
  #lines: TypedLine[] = [];
  #again: NodeJS.Timeout | undefined = undefined;
  #givenAt = Number.NEGATIVE_INFINITY;

  constructor(session: Session, onEffect: (effect: DisciplineEffect) => void) {
    this.#session = session;
    this.#onEffect = onEffect;
  }

  /** A key, while a line runs. */
  key(key: Key): void {
    if (this.#session.foreground?.terminal) this.#forProgram(key);
    else this.#ahead.push(key);
  }

  /** For the next prompt, when the line has ended. */
  takeAll(): readonly Key[] {
    clearTimeout(this.#again);
    const lines = this.#lines.filter(({ end }) => !end).flatMap(({ text }) => keysOf(text));
    const keys = [...lines, ...keysOf(this.#discipline.held.join("")), ...this.#ahead];
    this.#lines = [];
    this.#discipline = nothingHeld;
    this.#ahead = [];
    return keys;
  }

  /** A signal throws away what has been typed. */
  forget(): void {
    this.#lines = [];
    this.#discipline = nothingHeld;
    this.#ahead = [];
  }

  /** Gives the program a line if it waits for one. Requires: the cluster stands still. */
  deliver(): void {
    const { cluster, foreground } = this.#session;
    const [task] = foreground?.terminal ? foreground.tasks : [];
    if (!task || this.#ahead.length + this.#lines.length === 0) return;
    if (cluster.now >= this.#givenAt + settleNs && this.#reads(task.job)) {
      for (const key of this.#ahead.splice(0)) this.#forProgram(key);
      const line = this.#lines.shift();
      if (line) {
        this.#givenAt = cluster.now;
        // Ctrl-D hands over what there is: a part of a line, or nothing, which ends the input once.
        cluster.type(task, Buffer.from(line.text), false, !line.text.endsWith("\n"));
      }
    }
    // A program that waits for nothing else would not be looked at again.
    if (this.#ahead.length + this.#lines.length > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#session.attend(), againMs).unref();
  }

  /** Whether it waits for a line, and has had all that it was given. */
  #reads(job: number): boolean {
    const input = this.#session.cluster.terminalInput(job);
    return input !== null && input.waiting > 0 && input.unread === 0;
  }

  #forProgram(key: Key): void {
    const { discipline, effects } = disciplineStep(this.#discipline, key);
    this.#discipline = discipline;
    for (const effect of effects) {
      if (effect.do === "send") this.#lines.push({ text: effect.text, end: effect.end });
      else this.#onEffect(effect);
    }
    if (effects.some((effect) => effect.do === "send")) this.#session.attend();
  }
}

function keysOf(text: string): readonly Key[] {
  return Array.from(text, (character) =>
    character === "\n" ? chordKey("return") : textKey(character),
  );
}
