// Events as people read them.

import type { TraceEvent } from "./event.ts";
import type { Story, TaskStory } from "./story.ts";

/** `port=fs.1.17 op=files.write id=5` */
export function idsText({ ids }: TraceEvent): string {
  return Object.entries(ids)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
}

function valueText(value: unknown): string {
  if (typeof value === "string")
    return /^[\w.:/%@+-]+$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
    return value.length === 0 ? "-" : value.join(",");
  }
  return JSON.stringify(value) ?? "";
}

/** Milliseconds with all their digits: `6.773456`. */
export function milliseconds(ns: number): string {
  const whole = Math.floor(ns / 1_000_000);
  return `${whole}.${String(ns % 1_000_000).padStart(6, "0")}`;
}

/** `%1 count`, or the pid of a task whose beginning the trace has not. */
export function taskName({ pid, job, program }: TaskStory): string {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const number = job === null ? `${pid}` : `%${job}`;
  return name === "" ? number : `${number} ${name}`;
}

export function taskNames({ tasks }: Story): ReadonlyMap<number, string> {
  return new Map(tasks.map((task) => [task.pid, taskName(task)]));
}

/** No longer than that many characters. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  return length < 1 ? "" : `${characters.slice(0, length - 1).join("")}…`;
}
