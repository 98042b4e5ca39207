// What an event does to a host of the exploration. The decisions are those of the real machines; here
// and in the files beside is only what the kernel does around them (`departure.ts`, `arrival.ts`,
// `dispatch.ts`): who is asked, and who is told.
//
// An event gives the next host and letters. It depends on nothing else, so it is worked out once.

import { match } from "ts-pattern";
import { loseAwaited, endTask, onTouch, onWant, paid } from "./explore-pages.ts";
import { feedSource, onOrder, unsaid } from "./explore-source.ts";
import {
  type Body,
  type Happening,
  type HostRules,
  type Letter,
  type Local,
  type Machines,
  type Outcome,
} from "./explore-state.ts";
import { feedTarget, onImage, onReserve, onRound } from "./explore-target.ts";
import {
  atHome,
  end,
  forget,
  pidOf,
  post,
  set,
  setCopy,
  sourceOf,
  type Work,
} from "./explore-work.ts";

/** What the event does. Pure: the same host and event always give the same. */
export function hostStep(
  local: Local,
  happening: Happening,
  rules: HostRules,
  machines: Machines,
): Outcome {
  const work: Work = { local, letters: [], rules, machines };
  apply(work, happening);
  return { local: work.local, letters: work.letters };
}

function apply(work: Work, happening: Happening): void {
  match(happening)
    .with({ on: "letter" }, ({ letter, room }) => onLetter(work, letter, room))
    .with({ on: "learns" }, ({ dead, incarnation }) => onDead(work, dead, incarnation))
    .with({ on: "told" }, (told) => onTold(work, told.declared, told.incarnation))
    .with({ on: "disowned" }, ({ by }) => onDisowned(work, by))
    .with({ on: "tick" }, ({ move }) => onTick(work, move))
    .with({ on: "order" }, ({ to }) => onOrder(work, to))
    .with({ on: "touch" }, ({ owed }) => onTouch(work, owed))
    .with({ on: "exit" }, ({ task }) => endTask(work, task, "exited", 0))
    .with({ on: "crash" }, () => crash(work))
    .with({ on: "restart" }, () => restart(work))
    .with({ on: "declared" }, () => set(work, { declared: true }))
    .exhaustive();
}

function onLetter(work: Work, { from, fromInc, body }: Letter, room: boolean): void {
  const source = { host: from, incarnation: fromInc };
  match(body)
    .with({ what: "reserve" }, ({ move, members }) => onReserve(work, move, members, source))
    .with({ what: "image" }, (image) => onImage(work, image, room))
    .with({ what: "reserved" }, ({ move, incarnation }) =>
      feedSource(work, move, { on: "reserved", incarnation }),
    )
    .with({ what: "refused" }, ({ move }) =>
      feedSource(work, move, { on: "refused", refusal: unsaid }),
    )
    .with({ what: "settled" }, ({ move }) => feedSource(work, move, { on: "settled" }))
    .with({ what: "round" }, ({ move }) => onRound(work, move, from))
    .with({ what: "rounded" }, ({ move }) => {
      feedSource(work, move, { on: "copied", next: room ? "freeze" : "round" });
    })
    .with({ what: "prepared" }, ({ move }) => feedSource(work, move, { on: "prepared" }))
    .with({ what: "activated" }, ({ move }) => feedSource(work, move, { on: "activated" }))
    .with({ what: "activate" }, ({ move }) => feedTarget(work, move, { on: "activate" }))
    .with({ what: "inquire" }, ({ move }) => feedTarget(work, move, { on: "source-asks" }))
    .with({ what: "abort" }, ({ move }) => feedTarget(work, move, { on: "abort" }))
    .with({ what: "verdict" }, ({ move, verdict }) => {
      if (work.local.departures[move]) feedSource(work, move, { on: "verdict", verdict });
      else feedTarget(work, move, { on: "verdict", verdict });
    })
    .with({ what: "commit" }, (commit) => onCommit(work, commit, source))
    .with({ what: "query" }, (query) => onQuery(work, query, from))
    .with({ what: "exited" }, ({ pid, epoch }) => atHome(work, { on: "exited", pid, epoch }))
    .with({ what: "ended" }, { what: "terminate" }, () => forget(work))
    .with({ what: "want" }, () => onWant(work, from))
    .with({ what: "page" }, () => paid(work, from))
    .with({ what: "no-page" }, ({ lostWith }) => endTask(work, 0, "missed-a-page", lostWith))
    .exhaustive();
}

function onCommit(
  work: Work,
  { move, to, toInc, members }: Extract<Body, { readonly what: "commit" }>,
  from: { host: number; incarnation: number },
): void {
  const { host, incarnation, dead } = work.local;
  const targetIsDead = to === host ? toInc !== incarnation : (dead[to] ?? 0) >= toInc;
  const source = { from: from.host, fromIncarnation: from.incarnation };
  const request = { move, members, ...source, to, toIncarnation: toInc };
  const verdict = atHome(work, { on: "commit", request, targetIsDead })?.verdict;
  if (verdict) post(work, from.host, { what: "verdict", move, verdict });
}

function onQuery(
  work: Work,
  { move, pids }: Extract<Body, { readonly what: "query" }>,
  from: number,
): void {
  const source = sourceOf(move);
  const verdict = atHome(work, { on: "query", pids, move, ...source })?.verdict;
  if (verdict) post(work, from, { what: "verdict", move, verdict });
}

function onTick(work: Work, move: string): void {
  if (work.local.departures[move]) feedSource(work, move, { on: "tick" });
  else feedTarget(work, move, { on: "tick" });
}

function onDead(work: Work, dead: number, incarnation: number): void {
  set(work, {
    dead: work.local.dead.map((known, host) => (host === dead ? incarnation : known)),
  });
  ownersDied(work, dead, incarnation);
  loseAwaited(work, dead);
  for (const [move, { plan }] of Object.entries(work.local.departures)) {
    if (plan.to === dead) feedSource(work, move, { on: "target-dead" });
  }
  for (const [move, { state }] of Object.entries(work.local.arrivals)) {
    const { from, fromIncarnation } = state.plan;
    if (from !== dead || fromIncarnation !== incarnation) continue;
    feedTarget(work, move, { on: "source-dead" });
  }
}

function ownersDied(work: Work, host: number, incarnation: number): void {
  const step = atHome(work, { on: "host-dead", host, incarnation });
  if (!step || step.lost.length === 0) return;
  forget(work);
  const { mourned } = work.local;
  set(work, { mourned: mourned.map((was, task) => was || step.lost.includes(pidOf(task))) });
  for (const other of [1, 2, 3])
    if (other !== work.local.host) post(work, other, { what: "ended" });
}

/** Copies that run here are nobody's, if it is the home that says so. */
function onDisowned(work: Work, by: number): void {
  const isHome = by === work.rules.home;
  if (isHome) {
    work.local.copies.forEach((copy, task) => {
      if (copy?.state !== "runs") return;
      setCopy(work, task, null);
      end(work, task, "disowned");
    });
  }
  for (const [move, { plan }] of Object.entries(work.local.departures)) {
    if (isHome) feedSource(work, move, { on: "disowned", by: "home" });
    if (plan.to === by) feedSource(work, move, { on: "disowned", by: "target" });
  }
  for (const [move, { state }] of Object.entries(work.local.arrivals)) {
    if (state.plan.from === by) feedTarget(work, move, { on: "source-dead" });
    if (isHome) feedTarget(work, move, { on: "disowned" });
  }
}

/** The operator declares a host dead: nobody will wait for its word. */
function onTold(work: Work, declared: number, incarnation: number): void {
  if (declared === work.rules.home) homeDeclared(work);
  if ((work.local.dead[declared] ?? 0) < incarnation) onDead(work, declared, incarnation);
}

function homeDeclared(work: Work): void {
  for (const move of Object.keys(work.local.departures)) {
    feedSource(work, move, { on: "home-declared" });
  }
  for (const move of Object.keys(work.local.arrivals)) {
    feedTarget(work, move, { on: "home-declared" });
  }
}

/** All is gone but the store. */
function crash(work: Work): void {
  const gone = { departures: {}, arrivals: {}, copies: work.local.copies.map(() => null) };
  forget(work);
  set(work, { up: false, ...gone, dead: [0, 0, 0, 0] });
}

function restart(work: Work): void {
  const { incarnation, host } = work.local;
  set(work, { up: true, incarnation: incarnation + 1, moves: 0 });
  ownersDied(work, host, incarnation);
}
