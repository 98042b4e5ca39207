// The options of `sojourn compare`, read off the words of the line.

import { profileNames } from "../../cluster/index.ts";
import { refuseUsage } from "../exit-status.ts";
import { oneOf } from "../options-values.ts";
import { parseCount, type Parsed, parseSize } from "../units.ts";
import type { Workload } from "./workload.ts";

export interface CompareOptions {
  readonly workload: Workload;
  readonly json: boolean;
  /** Images of these sizes, one after the other; null: only the one of the workload. */
  readonly sweep: readonly number[] | null;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const pageBytes = 4 * KiB;

export const workloadDefault: Workload = {
  imageBytes: 4 * MiB,
  dirtyBytes: MiB,
  workingSetBytes: 512 * KiB,
  profile: "lan",
  tuning: {},
};

type Reader = (options: CompareOptions, text: string) => Parsed<CompareOptions>;

const readers: Readonly<Record<string, Reader>> = {
  "--image": sizeOption("imageBytes"),
  "--dirty": sizeOption("dirtyBytes"),
  "--working-set": sizeOption("workingSetBytes"),
  "--profile": (options, text) =>
    withValue(oneOf(text, profileNames()), (profile) => change(options, { profile })),
  "--read-ahead": tuningOption("readAhead", 1_000),
  "--rounds": tuningOption("rounds", 1_000),
  "--stop-below": (options, text) =>
    withValue(parseSize(text), (stopBelowBytes) =>
      change(options, { tuning: { ...options.workload.tuning, stopBelowBytes } }),
    ),
  "--sweep": (options, text) => withValue(parseSweep(text), (sweep) => ({ ...options, sweep })),
};

export function readCompareOptions(words: readonly string[]): CompareOptions {
  let options: CompareOptions = { workload: workloadDefault, json: false, sweep: null };
  const rest = words.flatMap((word) => /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word]);
  for (let at = 0; at < rest.length; at++) {
    const name = rest[at] as string;
    if (name === "--json") {
      options = { ...options, json: true };
      continue;
    }
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) throw refuseUsage(`compare: no option ${name} (${optionNames().join(", ")})`);
    const text = rest[++at];
    if (text === undefined) throw refuseUsage(`compare: a value after ${name}`);
    const parsed = read(options, text);
    if ("wrong" in parsed) throw refuseUsage(`compare: ${name}: "${text}" is not ${parsed.wrong}`);
    options = parsed.value;
  }
  return checked(options);
}

export function optionNames(): readonly string[] {
  return [...Object.keys(readers), "--json"];
}

function checked(options: CompareOptions): CompareOptions {
  const { dirtyBytes, workingSetBytes } = options.workload;
  if (workingSetBytes === 0) throw refuseUsage("compare: --working-set has to be a page at least");
  for (const image of options.sweep ?? [options.workload.imageBytes]) {
    if (dirtyBytes > image || workingSetBytes > image) {
      throw refuseUsage("compare: --dirty and --working-set can be no larger than the image");
    }
  }
  return options;
}

function withValue<A, B>(parsed: Parsed<A>, make: (value: A) => B): Parsed<B> {
  return "wrong" in parsed ? parsed : { value: make(parsed.value) };
}

function change(options: CompareOptions, workload: Partial<Workload>): CompareOptions {
  return { ...options, workload: { ...options.workload, ...workload } };
}

function sizeOption(name: "imageBytes" | "dirtyBytes" | "workingSetBytes"): Reader {
  return (options, text) =>
    withValue(parsePages(text), (bytes) => change(options, { [name]: bytes }));
}

function parsePages(text: string): Parsed<number> {
  const size = parseSize(text);
  if ("wrong" in size) return size;
  if (size.value % pageBytes !== 0) return { wrong: "a whole number of pages of 4 KiB" };
  return size.value <= 2 ** 30 ? size : { wrong: "1GiB or less" };
}

function tuningOption(name: "readAhead" | "rounds", max: number): Reader {
  return (options, text) =>
    withValue(parseCount(text, { min: name === "rounds" ? 1 : 0, max }), (count) =>
      change(options, { tuning: { ...options.workload.tuning, [name]: count } }),
    );
}

/** `image=1MiB..64MiB`: from the first size by doubling, up to the last. */
function parseSweep(text: string): Parsed<readonly number[]> {
  const found = /^image=(.+)\.\.(.+)$/.exec(text);
  const wrong = { wrong: "image=SIZE..SIZE, as in image=1MiB..64MiB" };
  const first = parsePages(found?.[1] ?? "");
  const last = parsePages(found?.[2] ?? "");
  if ("wrong" in first || "wrong" in last || first.value === 0) return wrong;
  const sizes: number[] = [];
  for (let size = first.value; size <= last.value; size *= 2) sizes.push(size);
  return sizes.length === 0 ? wrong : { value: sizes };
}
