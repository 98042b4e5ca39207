// How an address space travels, as a few decisions about pages. All strategies are such a record.
//
//   while the task runs    fetchesOwed   pages that hosts visited earlier owe come here first
//                          rounds        pages are copied, then those written meanwhile, and so on
//   at the freeze          place         where the target finds each page that is here and not copied
//   after the move         pushes        the source sends on its own what was left with it
//
// To add one: a file beside this one, and a row in `index.ts`. The source machine asks the questions;
// carriage, swap and residual pager do the work.

/** A resident page: of a file (clean, as the file server has it), or of anonymous memory. */
export interface PageView {
  readonly kind: "anonymous" | "file";
  readonly page: number;
}

/**
 * sent: goes to the target.  swapped: goes to swap, unless swap has it.  left: stays here, with the
 * residual pager.  refetched: the target asks the file server again.
 */
export type Place = "sent" | "swapped" | "left" | "refetched";

/** What is known when a round has ended. */
export interface RoundProgress {
  /** Rounds so far, 1 or more. */
  readonly round: number;
  /** Pages that the round had to copy, and that the next one would have to. */
  readonly before: number;
  readonly dirty: number;
  readonly tuning: Tuning;
}

/** Options of a move. */
export interface Tuning {
  /** Pages that a fault asks for beyond the one touched. */
  readonly readAhead: number;
  /** At most so many rounds. */
  readonly rounds: number;
  /** With so few dirty pages a further round is not worth it. */
  readonly stopPages: number;
}

export interface Rounds {
  /** Where a page is copied to while the task runs; else it is left for the freeze. */
  readonly copies: (page: PageView) => "sent" | "swapped" | "not";
  readonly goesOn: (progress: RoundProgress) => boolean;
}

export interface Strategy {
  readonly name: string;
  readonly doc: string;
  readonly fetchesOwed: boolean;
  readonly rounds: Rounds | null;
  readonly place: (page: PageView) => Place;
  readonly pushes: boolean;
}
