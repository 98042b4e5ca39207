// The arguments of verbs: what each is called, and how its text is read.

import { signals, strategies, strategyNamed } from "../../kernel/index.ts";
import { suggestion } from "../nearest.ts";
import {
  type JobName,
  parseCount,
  type Parsed,
  parseDuration,
  parseHost,
  parseJob,
  parsePercent,
} from "../units.ts";

/** What is fixed before a line runs. */
export interface Scope {
  readonly hosts: number;
}

/** Where completion finds what may stand in a place. */
export type Offer =
  | { readonly from: "hosts" | "guest-hosts" | "jobs" | "ports" | "programs" }
  | { readonly from: "guest-files" | "machine-files" | "verbs" | "variables" }
  | { readonly from: "words"; readonly words: readonly string[] };

export interface Kind<Value> {
  /** As usage lines write it. */
  readonly name: string;
  readonly offer?: Offer;
  readonly parse: (text: string, scope: Scope) => Parsed<Value>;
}

export const hostKind: Kind<string> = {
  name: "HOST",
  offer: { from: "hosts" },
  parse: (text, { hosts }) => parseHost(text, hosts),
};

/** A host that runs programs. */
export const guestHostKind: Kind<string> = {
  name: "HOST",
  offer: { from: "guest-hosts" },
  parse: (text, { hosts }) => {
    const host = parseHost(text, hosts);
    const fits = "value" in host && host.value !== "fs";
    return fits ? host : { wrong: hosts === 1 ? "h1" : `h1 to h${hosts}` };
  },
};

export const jobKind: Kind<JobName> = {
  name: "JOB",
  offer: { from: "jobs" },
  parse: (text) => parseJob(text),
};
export const durationKind: Kind<number> = {
  name: "DURATION",
  parse: (text) => parseDuration(text),
};

/** A program, by its name in the guests' PATH or by its path; what follows is its own. */
export const programKind: Kind<string> = {
  name: "PROGRAM",
  offer: { from: "programs" },
  parse: (text) => ({ value: text }),
};

/** A file of this machine. */
export const fileKind: Kind<string> = {
  name: "FILE",
  offer: { from: "machine-files" },
  parse: (text) => (text === "" ? { wrong: "a path" } : { value: text }),
};

/** A share, in parts of a million. */
export const shareKind: Kind<number> = { name: "SHARE", parse: (text) => parsePercent(text) };

export const statusKind: Kind<number> = {
  name: "STATUS",
  parse: (text) => parseCount(text, { min: 0, max: 255 }),
};

export const signalKind: Kind<number> = {
  name: "SIGNAL",
  offer: { from: "words", words: Object.keys(signals).map((name) => name.replace("SIG", "")) },
  parse: (text) => {
    const value = signalNumber(text);
    return value === undefined ? { wrong: "a signal, as in -KILL, -TERM or -9" } : { value };
  },
};

export const strategyKind: Kind<string> = {
  name: "NAME",
  offer: { from: "words", words: strategies.map(({ name }) => name) },
  parse: (text) => {
    if (strategyNamed(text)) return { value: text };
    const names = strategies.map(({ name }) => name);
    return { wrong: `${names.join(" or ")}${suggestion(text, names)}` };
  },
};

export const patternKind: Kind<RegExp> = {
  name: "/RE/",
  parse: (text) => {
    const found = /^\/(.+)\/([ims]*)$/s.exec(text);
    if (!found) return { wrong: "a regular expression between slashes, as in /^ready$/m" };
    try {
      return { value: new RegExp(found[1] ?? "", found[2]) };
    } catch (error) {
      return { wrong: `a regular expression: ${(error as Error).message}` };
    }
  },
};

/** `KILL`, `SIGKILL` or `9`, with a dash before it or not. */
function signalNumber(text: string): number | undefined {
  const word = text.replace(/^-/, "");
  const bare = word.toUpperCase().replace(/^SIG/, "");
  const named = Object.entries(signals).find(([name]) => name === `SIG${bare}`);
  if (named) return named[1];
  const number = parseCount(word, { min: 1, max: 64 });
  return "value" in number ? number.value : undefined;
}

/** One word and no other. */
export function wordKind(word: string): Kind<string> {
  return {
    name: word,
    offer: { from: "words", words: [word] },
    parse: (text) => (text === word ? { value: word } : { wrong: `"${word}"` }),
  };
}

/** Words that are read in another way: here only for completion and help. */
export function anyOf(name: string, offer?: Offer): Kind<string> {
  return { name, ...(offer ? { offer } : {}), parse: (text) => ({ value: text }) };
}

/** May be missing, at the end. */
export function optional<Value>(kind: Kind<Value>): Kind<Value | undefined> {
  return { ...kind, name: `[${kind.name}]` };
}

type Values<Kinds extends readonly Kind<unknown>[]> = {
  readonly [Index in keyof Kinds]: Kinds[Index] extends Kind<infer Value> ? Value : never;
};

/** Reads one argument for each kind, in order. */
export function readArguments<const Kinds extends readonly Kind<unknown>[]>(
  texts: readonly string[],
  kinds: Kinds,
  scope: Scope,
): Parsed<Values<Kinds>> {
  const surplus = texts[kinds.length];
  if (surplus !== undefined) return { wrong: `nothing more expected, got "${surplus}"` };
  const values: unknown[] = [];
  for (const [index, { name, parse }] of kinds.entries()) {
    const text = texts[index];
    if (text === undefined && name.startsWith("[")) {
      values.push(undefined);
      continue;
    }
    if (text === undefined) return { wrong: `expected ${name}, got nothing` };
    const parsed = parse(text, scope);
    if ("wrong" in parsed) {
      return { wrong: `expected ${name.replace(/[[\]]/g, "")}: ${parsed.wrong}, got "${text}"` };
    }
    values.push(parsed.value);
  }
  return { value: values as unknown as Values<Kinds> };
}

/** Takes `--name` out of the arguments. */
export function takeFlag(
  texts: readonly string[],
  name: string,
): { readonly given: boolean; readonly rest: readonly string[] } {
  const rest = texts.filter((text) => text !== name);
  return { given: rest.length < texts.length, rest };
}

/** Takes `--name VALUE` or `--name=VALUE` out of the arguments. */
export function takeOption(
  texts: readonly string[],
  name: string,
): Parsed<{ readonly text: string | undefined; readonly rest: readonly string[] }> {
  const at = texts.findIndex((text) => text === name || text.startsWith(`${name}=`));
  const found = texts[at];
  if (found === undefined) return { value: { text: undefined, rest: texts } };
  const inline = found === name ? undefined : found.slice(name.length + 1);
  const text = inline ?? texts[at + 1];
  if (text === undefined) return { wrong: `expected a value after ${name}, got nothing` };
  return { value: { text, rest: texts.toSpliced(at, inline === undefined ? 2 : 1) } };
}
