// How an address space travels: one row a strategy, each a few decisions about pages.
//
//   eager-all           everything goes while the task is frozen; nothing is left behind
//                       (Charlotte, LOCUS: process migration survey, Milojičić et al. 2000, §3.2)
//   copy-on-reference   only the map goes; a page follows when it is touched (Accent, Zayas 1987)
//
// To add one: write a row here. The source machine asks the questions, the residual pager serves
// whatever was not sent.

export interface PageView {
  readonly kind: "anonymous" | "file";
  readonly page: number;
  readonly dirty: boolean;
}

export interface Strategy {
  readonly name: string;
  readonly doc: string;
  /** Whether pages owed by hosts visited earlier are fetched before the freeze. */
  readonly fetchOwedFirst: boolean;
  /** Of the pages that are here at the freeze: does this one go with the image? Else it is left. */
  readonly sendsPage: (page: PageView) => boolean;
}

export const strategies: readonly Strategy[] = [
  {
    name: "eager-all",
    doc: "All pages go during the freeze; nothing is left on the source.",
    fetchOwedFirst: true,
    sendsPage: () => true,
  },
  {
    name: "copy-on-reference",
    doc: "Pages follow when they are touched; the source keeps the rest until then.",
    fetchOwedFirst: false,
    sendsPage: () => false,
  },
];

export const strategyDefault = "copy-on-reference";

export function strategyNamed(name: string): Strategy | undefined {
  return strategies.find((strategy) => strategy.name === name);
}
