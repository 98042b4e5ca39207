// How fast virtual time may pass at a terminal.
//
//   full   as fast as this machine can
//   wall   one second of it in a second at most
//   step   only while a line waits, and then as fast as this machine can
//
// What this machine could not do in time is not made up for later.

export const paces = ["full", "wall", "step"] as const;
export type Pace = (typeof paces)[number];

export const paceDefault: Pace = "wall";

const nsPerMs = 1_000_000;
/** Time is granted in slices of at least this length, ms. */
const sliceMs = 10;
/** As far as virtual time may lag behind before the difference is forgotten. */
const lagMaxMs = 50;

/** A wall clock and the virtual time that belongs to it. */
export interface Anchor {
  readonly wallMs: number;
  readonly virtualNs: number;
}

export interface Granted {
  readonly anchor: Anchor;
  /** Virtual time may pass up to here. */
  readonly untilNs: number;
}

/** How far virtual time may go by now, by the wall clock. */
export function grantByWall(anchor: Anchor | null, wallMs: number, nowNs: number): Granted {
  const { wallMs: wall, virtualNs } = anchor ?? { wallMs, virtualNs: nowNs };
  const due = virtualNs + Math.floor((wallMs - wall) * nsPerMs);
  const lag = due - nowNs;
  if (lag > lagMaxMs * nsPerMs || lag < -lagMaxMs * nsPerMs) {
    // It stood still, could not keep up, or was let go ahead by a line that waits for no pace.
    return { anchor: { wallMs, virtualNs: nowNs }, untilNs: nowNs };
  }
  return { anchor: { wallMs: wall, virtualNs }, untilNs: Math.max(due, nowNs) };
}

/** Grants by whatever pace holds at the moment. */
export class Paces {
  readonly #pace: () => Pace;
  readonly #wallMs: () => number;
  #anchor: Anchor | null = null;

  constructor(pace: () => Pace, wallMs: () => number = () => performance.now()) {
    this.#pace = pace;
    this.#wallMs = wallMs;
  }

  /** The virtual time up to which a run may go now; returns when there is some, or with `full`. */
  async grant(now: number): Promise<number> {
    for (;;) {
      if (this.#pace() !== "wall") return Number.MAX_SAFE_INTEGER;
      const { anchor, untilNs } = grantByWall(this.#anchor, this.#wallMs(), now);
      this.#anchor = anchor;
      const shortMs = sliceMs - (untilNs - now) / nsPerMs;
      if (shortMs <= 0) return untilNs;
      await sleep(shortMs);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
