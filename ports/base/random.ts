// Randomness that belongs to a run: every draw is a pure function of the seed and of what is drawn for.
//
// There is no global generator. `draw(seed, concern, …)` hashes its arguments, so that one more
// draw for one concern shifts no draw of another (a fault added to one cable changes no other
// cable). Streams that have to be consumed byte by byte keep their counter in the state of
// whoever consumes them.

/** 32 well mixed bits of (a, b): two rounds of the finaliser of MurmurHash3. */
function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A uniform draw in 0 … 2^32-1, named by its arguments. Parts are integers below 2^53. */
export function draw(seed: number, ...parts: readonly number[]): number {
  let h = mix(0x736f6a6f, seed >>> 0);
  h = mix(h, Math.floor(seed / 4294967296));
  for (const part of parts) {
    h = mix(h, part >>> 0);
    h = mix(h, Math.floor(part / 4294967296) + 1);
  }
  return mix(h, parts.length);
}

/** A uniform draw in 0 … bound-1. Requires: 0 < bound <= 2^32. */
export function drawBelow(bound: number, seed: number, ...parts: readonly number[]): number {
  return Math.floor((draw(seed, ...parts) / 4294967296) * bound);
}

/** One generator per concern: the number that keeps their draws apart. */
export const concerns = {
  loss: 1,
  repeat: 2,
  reorder: 3,
  delay: 4,
  corrupt: 5,
  corruptAt: 6,
  wanderHost: 7,
  wanderStrategy: 8,
  getrandom: 9,
  auxRandom: 10,
  soakWorld: 11,
  soakNet: 12,
  soakMessages: 13,
  soakReceives: 14,
  soakMoves: 15,
  soakFaults: 16,
  soakRights: 17,
  drop: 18,
  histories: 19,
} as const;
