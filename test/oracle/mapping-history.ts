// Histories of memory operations from seeds, as mapping-history.c reads them: a line each.
//
// A history keeps to what Linux and qemu both promise: sizes of files are whole pages, because what is
// written behind an odd end may or may not come back; nothing is executed that is also remapped,
// because qemu does not keep what may be executed apart, and so joins ranges that Linux does not; and
// nothing may be written that may not be read, which RISC-V does not have and qemu does.

import { Random } from "./random-sequence-random.ts";

const page = 4096;
const pages = 40;
const flags = { shared: 1, private: 2, fixed: 0x10, anonymous: 0x20 } as const;
const populate = 0x8000;
const noReserve = 0x4000;
const advices = [0, 1, 2, 3, 4, 4, 4, 4, 4] as const;

/** What a history is about: how often each operation is drawn. */
type Weights = Readonly<Record<string, number>>;
const common: Weights = {
  m: 8,
  u: 3,
  p: 4,
  r: 5,
  d: 2,
  s: 2,
  c: 1,
  b: 2,
  L: 4,
  R: 5,
  W: 9,
  S: 5,
  M: 4,
};
const onFiles: Weights = { t: 3, w: 4, g: 3, k: 3, i: 3, o: 3, x: 1 };
const themes: readonly Weights[] = [
  { ...common, ...onFiles },
  { ...common, ...onFiles, m: 12, t: 5, k: 6 },
  { ...common, r: 14, m: 10 },
  { ...common, u: 8, p: 9, M: 10 },
  { ...common, ...onFiles, r: 0, X: 12, p: 8 },
];

/** The text of a history: the same for the same seed. */
export function mappingHistory(seed: number, length: number): string {
  const random = new Random(seed);
  const weights = themes[random.below(themes.length)] as Weights;
  const kinds = Object.entries(weights).flatMap(([kind, weight]) =>
    Array<string>(weight).fill(kind),
  );
  const draw: Draw = { random, executes: (weights["X"] ?? 0) > 0 };
  const lines = [`t 0 ${page * random.below(8)}`, `w 0 0 ${page * 3} 5`, `t 3 ${page * 2}`];
  for (let at = 0; at < 5; at++) lines.push(["m", ...mmap(draw)].join(" "));
  for (let at = 0; at < length; at++) {
    const kind = kinds[random.below(kinds.length)] as string;
    const make = operations[kind] as (draw: Draw) => readonly number[];
    lines.push([kind, ...make(draw)].join(" "));
  }
  return `${lines.join("\n")}\n`;
}

interface Draw {
  readonly random: Random;
  readonly executes: boolean;
}

const operations: Readonly<Record<string, (draw: Draw) => readonly number[]>> = {
  m: mmap,
  u: (draw) => [place(draw), bytes(draw)],
  p: (draw) => [place(draw), someBytes(draw), protection(draw)],
  r: mremap,
  d: (draw) => [place(draw), bytes(draw), pick(draw, advices)],
  s: (draw) => [place(draw), bytes(draw), pick(draw, [4, 4, 4, 1, 1, 2, 6, 5, 8])],
  c: (draw) => [page * draw.random.below(pages), bytes(draw)],
  b: ({ random }) => [(random.below(9) - 3) * page],
  L: () => [],
  R: (draw) => [anywhere(draw)],
  W: (draw) => [anywhere(draw), draw.random.below(256)],
  S: (draw) => [anywhere(draw), draw.random.below(3 * page), draw.random.below(256)],
  M: (draw) => [anywhere(draw), draw.random.below(256)],
  X: (draw) => [2 * Math.floor(anywhere(draw) / 2)],
  t: (draw) => [file(draw), draw.random.below(9) * page],
  w: (draw) => [file(draw), ...wholeEnd(draw), draw.random.below(256)],
  g: (draw) => [file(draw), draw.random.below(9 * page), draw.random.below(4 * page)],
  k: (draw) => [file(draw)],
  i: (draw) => [
    file(draw),
    draw.random.below(9 * page),
    draw.random.below(3 * page),
    anywhere(draw),
  ],
  o: (draw) => [file(draw), ...wholeEnd(draw), anywhere(draw)],
  x: (draw) => [file(draw)],
};

function pick<T>({ random }: Draw, from: readonly T[]): T {
  return random.pick(from);
}

/** Mostly the start of a page of the arena; now and then not, or outside. */
function place({ random }: Draw): number {
  const odd = random.below(25);
  if (odd === 0) return page * random.below(pages) + 1 + random.below(page - 1);
  if (odd === 1) return page * (pages + random.below(30));
  return page * random.below(pages);
}

function anywhere({ random }: Draw): number {
  return random.below(pages * page);
}

/** Mostly a few whole pages; also nothing, odd numbers, and more than the arena has. */
function bytes({ random }: Draw): number {
  const odd = random.below(20);
  if (odd === 0) return 0;
  if (odd <= 3) return 1 + random.below(6 * page);
  if (odd === 4) return page * (8 + random.below(12));
  return page * (1 + random.below(6));
}

/** Lengths of nothing are what qemu has rules of its own for. */
function someBytes(draw: Draw): number {
  return bytes(draw) || page;
}

/** Offset and count of a write that ends with a page, so that files have whole pages. */
function wholeEnd({ random }: Draw): readonly [number, number] {
  const end = page * (1 + random.below(9));
  const count = Math.min(end, random.below(4 * page));
  return [end - count, count];
}

function protection(draw: Draw): number {
  return pick(draw, draw.executes ? [0, 1, 3, 3, 5, 7, 7] : [0, 1, 1, 3, 3, 3, 3]);
}

/** 0 to 5: each of the two files, opened to read and write (mostly), to read, to write. */
function file({ random }: Draw): number {
  const way = random.below(8);
  return 3 * random.below(2) + (way === 0 ? 1 : way === 1 ? 2 : 0);
}

function mmap(draw: Draw): readonly number[] {
  const { random } = draw;
  const shared = random.below(2) === 0 ? flags.shared : flags.private;
  const extra = pick(draw, [0, 0, 0, noReserve, populate]);
  const anonymous = random.below(2) === 0;
  const fixed = random.below(8) > 0;
  const where = fixed ? place(draw) : random.below(2) === 0 ? -1 : place(draw);
  // A refused one with a hint leaves the place taken in qemu.
  const kind = fixed && random.below(30) === 0 ? random.below(4) * 4 : shared;
  const all = kind | extra | (anonymous ? flags.anonymous : 0) | (fixed ? flags.fixed : 0);
  const bad = where % page === 0 && random.below(30) === 0; // which refusal is first is qemu's
  const fd = anonymous ? -1 : bad ? -5 : file(draw);
  const offset = anonymous ? 0 : page * random.below(6) + (random.below(25) === 0 ? 100 : 0);
  const length = bad ? page : bytes(draw);
  return [where, length, protection(draw), all, fd, offset];
}

function mremap(draw: Draw): readonly number[] {
  const how = pick(draw, [0, 1, 1, 1, 3, 3, 2, 8]);
  return [place(draw), someBytes(draw), someBytes(draw), how, place(draw)];
}
