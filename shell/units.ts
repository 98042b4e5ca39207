// Words and units: how people write times, sizes, rates, percents, hosts and jobs, and how we print them.
//
//   TIME, DURATION   1.5ms     a number, then ns us ms s          -> whole ns
//   SIZE             256MiB    a whole number, then B KiB MiB GiB -> bytes
//   RATE             12.5MB/s  a number, then B/s kB/s MB/s GB/s  -> bytes a second
//   percent          0.1%      a number of at most 100, then %    -> parts of a million
//   HOST             h3, fs                                       -> the name, if there is such a host
//   JOB              %2, 10001 a number after %, or a pid
//   DATE             2026-01-01, 2026-01-01T00:00:00Z
//
// Decimal fractions are computed in whole numbers: 0.3ms is 300,000 ns and not one less. What does
// not parse comes back as a sentence that says what is accepted.

import { hostName, parseHostName } from "../ports/index.ts";

export type Parsed<Value> = { readonly value: Value } | { readonly wrong: string };

const nsPer: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
};
const bytesPer: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
};
const bytesPerSecondPer: Readonly<Record<string, bigint>> = {
  "B/s": 1n,
  "kB/s": 1_000n,
  "MB/s": 1_000_000n,
  "GB/s": 1_000_000_000n,
};
const ppmPer: Readonly<Record<string, bigint>> = { "%": 10_000n };

export const forms = {
  duration: "a number, then ns, us, ms or s, as in 1.5ms",
  size: "a whole number, then B, KiB, MiB or GiB, as in 256MiB",
  rate: "a number, then B/s, kB/s, MB/s or GB/s, as in 12.5MB/s",
  percent: "a number from 0 to 100, then %, as in 2% or 0.1%",
  count: "a whole number, as in 4",
  job: "%N, as in %1, or a pid, as in 10001",
  date: "a date as in 2026-01-01 or 2026-01-01T00:00:00Z",
} as const;

/** A time since boot, or a duration: whole virtual nanoseconds below 2^53. */
export function parseDuration(text: string): Parsed<number> {
  return parseUnits(text, nsPer, { accepted: forms.duration, whole: "whole nanoseconds" });
}

export function parseSize(text: string): Parsed<number> {
  if (text.includes(".")) return { wrong: forms.size };
  return parseUnits(text, bytesPer, { accepted: forms.size, whole: "whole bytes" });
}

/** Whole bytes a second, at least one: nothing would ever arrive. */
export function parseRate(text: string): Parsed<number> {
  const rate = parseUnits(text, bytesPerSecondPer, {
    accepted: forms.rate,
    whole: "whole bytes a second",
  });
  return "value" in rate && rate.value === 0 ? { wrong: `more than 0: ${forms.rate}` } : rate;
}

/** Parts of a million. */
export function parsePercent(text: string): Parsed<number> {
  const ppm = parseUnits(text, ppmPer, {
    accepted: forms.percent,
    whole: "at most four decimal places",
  });
  return "value" in ppm && ppm.value > 1_000_000 ? { wrong: forms.percent } : ppm;
}

/** A whole number in a range, without sign or unit. */
export function parseCount(
  text: string,
  range: { readonly min: number; readonly max: number },
): Parsed<number> {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  if (value >= range.min && value <= range.max) return { value };
  const upTo = range.max === Number.MAX_SAFE_INTEGER ? "2^53 - 1" : String(range.max);
  return { wrong: `a whole number from ${range.min} to ${upTo}` };
}

/** A host of a cluster with `hosts` hosts besides `fs`. */
export function parseHost(text: string, hosts: number): Parsed<string> {
  const host = parseHostName(text);
  if (host !== undefined && host <= hosts) return { value: hostName(host) };
  return { wrong: hosts === 1 ? "h1 or fs" : `h1 to h${hosts} or fs` };
}

/** A job as the operator calls it: its number or its pid. */
export type JobName = { readonly job: number } | { readonly pid: number };

export function parseJob(text: string): Parsed<JobName> {
  const found = /^(%?)([1-9][0-9]{0,8})$/.exec(text);
  if (!found) return { wrong: forms.job };
  const number = Number(found[2]);
  return { value: found[1] === "%" ? { job: number } : { pid: number } };
}

/** A day or a whole second of it in UTC; the value is the text in its long form. */
export function parseDate(text: string): Parsed<string> {
  const found = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}Z)?$/.exec(text);
  const long = `${found?.[1] ?? ""}${found?.[2] ?? "T00:00:00Z"}`;
  const ms = Date.parse(long);
  // The 30th of February parses, as a day in March.
  const same = !Number.isNaN(ms) && new Date(ms).toISOString() === long.replace("Z", ".000Z");
  return found && same ? { value: long } : { wrong: forms.date };
}

interface UnitWords {
  readonly accepted: string;
  /** What a value must come to, when it is a fraction of it. */
  readonly whole: string;
}

/** More digits than any number in range has; without a bound a long word would cost seconds. */
const digitsMax = 40;

function parseUnits(
  text: string,
  units: Readonly<Record<string, bigint>>,
  words: UnitWords,
): Parsed<number> {
  const found = /^(\d+)(?:\.(\d+))?([A-Za-z%/]+)$/.exec(text);
  const unitName = found?.[3] ?? "";
  const unit = Object.hasOwn(units, unitName) ? units[unitName] : undefined;
  if (!found || unit === undefined || text.length > digitsMax) return { wrong: words.accepted };
  const decimals = found[2] ?? "";
  const scaled = BigInt((found[1] ?? "") + decimals) * unit;
  const scale = 10n ** BigInt(decimals.length);
  if (scaled % scale !== 0n) return { wrong: `${words.whole}: ${words.accepted}` };
  const value = scaled / scale;
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    return { wrong: `less than 2^53: ${words.accepted}` };
  return { value: Number(value) };
}

/** For people, rounded to two places: `0.41 ms`. */
export function formatDuration(ns: number): string {
  if (ns < 1_000) return `${ns} ns`;
  if (ns < 100_000) return `${rounded(ns, 1_000)} us`;
  if (ns < 1_000_000_000) return `${rounded(ns, 1_000_000)} ms`;
  return `${rounded(ns, 1_000_000_000)} s`;
}

/** Exact, as `parseDuration` takes it back: `1.5ms`. */
export function printDuration(ns: number): string {
  for (const unit of ["s", "ms", "us"]) {
    const per = Number(nsPer[unit]);
    if (ns >= per) return `${decimal(ns, per)}${unit}`;
  }
  return `${ns}ns`;
}

/** Exact, in the greatest unit that divides it: `256MiB`. */
export function printSize(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const per = Number(bytesPer[unit]);
    if (bytes > 0 && bytes % per === 0) return `${bytes / per}${unit}`;
  }
  return `${bytes}B`;
}

/** For people, rounded to two places: `57.34 KiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const per = Number(bytesPer[unit]);
    if (bytes >= per) return `${rounded(bytes, per)} ${unit}`;
  }
  return `${bytes} B`;
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Parts of a million as a percent that parses back. */
export function printPercent(ppm: number): string {
  return `${decimal(ppm, 10_000)}%`;
}

/** Half up, in whole numbers, without zeros at the end. */
function rounded(value: number, per: number): string {
  const hundredths = (BigInt(value) * 200n + BigInt(per)) / (2n * BigInt(per));
  return decimal(Number(hundredths), 100);
}

/** `value / per` exactly; `per` is a power of ten. */
function decimal(value: number, per: number): string {
  const places = String(per).length - 1;
  const fraction = String(value % per)
    .padStart(places, "0")
    .replace(/0+$/, "");
  return fraction === ""
    ? String(Math.floor(value / per))
    : `${Math.floor(value / per)}.${fraction}`;
}
