// What an option does with its value: parses it, or says what is accepted.

import { strategies, strategyNamed } from "../kernel/index.ts";
import { suggestion } from "./nearest.ts";
import type { PlannedLine, PlannedMove, Settings } from "./options-settings.ts";
import { forms, type Parsed, parseDuration } from "./units.ts";

export type SetOption = (settings: Settings, text: string) => Parsed<Settings>;

/** The row's setter: parses, and puts the value where it belongs. */
export function put<All, Key extends keyof All>(
  key: Key,
  parse: (text: string) => Parsed<All[Key]>,
): (settings: All, text: string) => Parsed<All> {
  return (settings, text) => {
    const parsed = parse(text);
    return "wrong" in parsed ? parsed : { value: { ...settings, [key]: parsed.value } };
  };
}

export function addPlanned(parse: (text: string) => Parsed<PlannedLine | PlannedMove>): SetOption {
  return (settings, text) => {
    const parsed = parse(text);
    if ("wrong" in parsed) return parsed;
    return { value: { ...settings, planned: [...settings.planned, parsed.value] } };
  };
}

export function addVariable(settings: Settings, text: string): Parsed<Settings> {
  const at = text.indexOf("=");
  if (at < 1) return { wrong: "NAME=VALUE" };
  const env = { ...settings.env, [text.slice(0, at)]: text.slice(at + 1) };
  return { value: { ...settings, env } };
}

export function parsePlanned(text: string): Parsed<PlannedLine> {
  const found = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(text);
  const time = parseDuration(found?.[1] ?? "");
  if ("wrong" in time) return { wrong: "a time and a command, as in '5ms cut h1 h2'" };
  return { value: { at: time.value, line: found?.[2] ?? "", given: `--at '${text}'` } };
}

export function parsePlannedMove(text: string): Parsed<PlannedMove> {
  const found = /^([^=]+)=([^,]+)(?:,(.+))?$/.exec(text);
  const time = parseDuration(found?.[1] ?? "");
  if ("wrong" in time) return { wrong: "TIME=HOST or TIME=HOST,STRATEGY, as in 5ms=h3,eager-all" };
  const strategy = found?.[3];
  const known = strategy === undefined ? { value: null } : parseStrategy(strategy);
  if ("wrong" in known) return known;
  const host = found?.[2] ?? "";
  const given = `--migrate ${text}`;
  return {
    value: { at: time.value, line: `migrate %1 ${host}`, given, host, strategy: known.value },
  };
}

export function parseStrategy(text: string): Parsed<string> {
  if (strategyNamed(text)) return { value: text };
  return oneOf(
    text,
    strategies.map(({ name }) => name),
  );
}

/** A period of nothing would move without end and let nothing run. */
export function parsePeriod(text: string): Parsed<number> {
  const period = parseDuration(text);
  return "value" in period && period.value === 0
    ? { wrong: `more than 0: ${forms.duration}` }
    : period;
}

export function notEmpty(text: string): Parsed<string> {
  return text === "" ? { wrong: "a path" } : { value: text };
}

export function oneOf<Word extends string>(text: string, words: readonly Word[]): Parsed<Word> {
  const found = words.find((word) => word === text);
  if (found !== undefined) return { value: found };
  return { wrong: `${words.join(" or ")}${suggestion(text, words)}` };
}
