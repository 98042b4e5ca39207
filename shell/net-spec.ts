// `--net` and the verb `net`: faults and speed of all cables, in one word.
//
//   loss=2%,repeat=1%,reorder=5%,delay=0..300us,corrupt=0.1%,bandwidth=12.5MB/s

import type { NetFaults } from "../cluster/index.ts";
import { suggestion } from "./nearest.ts";
import { parseDuration, type Parsed, parsePercent, parseRate } from "./units.ts";

export interface NetSpec {
  readonly faults: Partial<NetFaults>;
  /** Bytes a second; undefined: what the profile says. */
  readonly bandwidth: number | undefined;
}

export const netNothing: NetSpec = { faults: {}, bandwidth: undefined };

export const netForm: string =
  "FAULT=VALUE,… of loss, repeat, reorder, corrupt (as in loss=2%), " +
  "delay (delay=0..300us) and bandwidth (bandwidth=12.5MB/s)";

const keys: readonly string[] = ["loss", "repeat", "reorder", "corrupt", "delay", "bandwidth"];

export function parseNetSpec(text: string): Parsed<NetSpec> {
  let spec = netNothing;
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const [key, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    if (!keys.includes(key)) return { wrong: `${netForm}${suggestion(key, keys)}` };
    if (seen.has(key)) return { wrong: `each fault once, but "${key}" stands twice: ${netForm}` };
    seen.add(key);
    const added = addPart(spec, key, value);
    if ("wrong" in added) return { wrong: `${key}=VALUE, the value being ${added.wrong}` };
    spec = added.value;
  }
  return { value: spec };
}

function addPart(spec: NetSpec, key: string, value: string): Parsed<NetSpec> {
  if (key === "bandwidth") {
    const rate = parseRate(value);
    return "wrong" in rate ? rate : { value: { ...spec, bandwidth: rate.value } };
  }
  const faults = key === "delay" ? parseDelay(value) : parseShare(key, value);
  if ("wrong" in faults) return faults;
  return { value: { ...spec, faults: { ...spec.faults, ...faults.value } } };
}

function parseShare(key: string, value: string): Parsed<Partial<NetFaults>> {
  const ppm = parsePercent(value);
  return "wrong" in ppm ? ppm : { value: { [`${key}Ppm`]: ppm.value } };
}

/** `300us`, `100us..300us`, or `0..300us`: a lower end without a unit has that of the upper one. */
function parseDelay(value: string): Parsed<Partial<NetFaults>> {
  const [low = "", high = low, ...more] = value.split("..");
  const unit = /[a-z]+$/.exec(high)?.[0] ?? "";
  const min = parseDuration(/[0-9]$/.test(low) ? low + unit : low);
  const max = parseDuration(high);
  if (more.length > 0 || "wrong" in min || "wrong" in max || min.value > max.value) {
    return { wrong: "a duration, or two from less to more, as in 0..300us" };
  }
  return { value: { delayNsMin: min.value, delayNsMax: max.value } };
}
