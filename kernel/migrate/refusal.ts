// Why a move is not made: the rule, what it is about, and what is wrong with that.
//
// One row a rule. `refusalText` is the one place where a refusal becomes words: for the trace, for the
// operator, and for a move that is only asked about.

export const refusalRules = {
  "already-there": "The task is on that host.",
  "no-such-host": "The host is not one of those that run guests.",
  "no-such-strategy": "There is no strategy of that name.",
  "no-such-policy": "There is no policy of that name for tasks that share memory.",
  native: "What a host runs itself, its servers and its agent, stays with it.",
  "already-moving": "The task is on its way, or is about to go.",
  "shares-memory": "A task that is not to move can write what a task that is to move can see.",
  "mixed-homes": "All tasks that move together must have one home: it alone decides.",
  "home-dead": "The home of the task is dead: nobody could decide.",
  "image-version": "Source and target do not understand each other.",
  "already-here": "The target has a task of that number.",
  "no-memory": "The pages that have to be in memory at once do not fit.",
  "too-many-tasks": "The target has no address space left.",
  "no-answer": "The target was silent for 2 s: nothing was frozen.",
  "holder-unreachable": "A host that may send to a port of the task did not agree to wait.",
  "port-under-way": "A port that the task has received did not come.",
  "swap-full": "Swap took no more pages; they are all still here.",
  "swap-lost": "Swap was lost with its host; the pages are all still here.",
  "pager-silent": "A pager that is a task has not taken back what was written of its object.",
  "target-dead": "The target died before the task was its.",
  "home-refused": "The home did not record the move: somebody is dead, or has ended.",
  "home-declared-dead": "The operator declared the home dead.",
  "task-ended": "The task ended before it was frozen.",
} as const;

export type Rule = keyof typeof refusalRules;

export interface Refusal {
  readonly rule: Rule;
  /** What the rule is about: `pid 10003`, `host h2`, `port h1.1.7`, `memory object 12`. */
  readonly object: string;
  /** What it says of that, to be read on: `has ended`. */
  readonly detail: string;
}

export function refuse(rule: Rule, object: string, detail: string): Refusal {
  return { rule, object, detail };
}

/** `no-memory: host h2 has 20 pages free, and 300 are wanted` */
export function refusalText({ rule, object, detail }: Refusal): string {
  return `${rule}: ${object} ${detail}`;
}

/** What another host has sent; a rule that is not known here is its refusal all the same. */
export function isRule(name: string): name is Rule {
  return name in refusalRules;
}
