// Mistakes that people have made in protocols like this one, each planted in a machine: the
// exploration has to find it, and the story of the shortest way to it has to make sense.

import { homeStep } from "../../../kernel/task/home.ts";
import { sourceStep } from "../../../kernel/migrate/source.ts";
import { targetStep } from "../../../kernel/migrate/target.ts";
import { type Machines, realMachines } from "./explore-state.ts";

export interface Bug {
  readonly name: string;
  /** What is wrong at the end of the shortest way to it. */
  readonly found: RegExp;
  readonly machines: Machines;
}

const doubleCommit: Machines["home"] = (records, event) => {
  if (event.on !== "commit") return homeStep(records, event);
  // It compares neither owner nor epoch: any move is as good as the first.
  const { from, fromIncarnation, members } = event.request;
  const agreed = members.flatMap(({ pid, epoch }) => {
    const record = records.get(pid);
    const owner = { owner: from, ownerIncarnation: fromIncarnation, epoch };
    return record ? [[pid, { ...record, ...owner }] as const] : [];
  });
  return homeStep(new Map(agreed), event);
};

/** The home rolls the move of a dead source forward: the target asks, so it is prepared. */
const rollForward: Machines["home"] = (records, event) => {
  if (event.on !== "query") return homeStep(records, event);
  const owner = { owner: 2, ownerIncarnation: 1, move: event.move, state: "owned" } as const;
  const died = event.pids.flatMap((pid) => {
    const record = records.get(pid);
    const withSource = record?.state === "ended" && record.owner === event.from;
    return record && withSource ? [[pid, { ...record, ...owner }] as const] : [];
  });
  if (died.length === 0) return homeStep(records, event);
  const write = new Map(died);
  return { write, verdict: "committed", lost: [] };
};

/** No mistake: a source that has not sent COMMIT may lose patience, and go on alone. */
const impatient: Machines["source"] = (state, event, now) => {
  if (state.at !== "transferring" || event.on !== "tick") return sourceStep(state, event, now);
  const effects = [{ do: "send-abort" }, { do: "thaw" }] as const;
  return { state: { at: "over", plan: state.plan }, effects };
};

/** Allowed by the protocol, and harmless, although the real source never does it. */
export const impatientMachines: Machines = { ...realMachines, source: impatient };

const thawsCommitting: Machines["source"] = (state, event, now) => {
  if (state.at !== "committing" || event.on !== "tick") return sourceStep(state, event, now);
  const effects = [{ do: "send-abort" }, { do: "thaw" }] as const;
  return { state: { at: "over", plan: state.plan }, effects };
};

const thawsOnTargetsDeath: Machines["source"] = (state, event, now) =>
  state.at === "committing" && event.on === "target-dead"
    ? thawsCommitting(state, { on: "tick" }, now)
    : sourceStep(state, event, now);

const dropsInTime: Machines["target"] = (state, event, now) =>
  state.at === "prepared" && event.on === "tick"
    ? { state: { at: "dropped", plan: state.plan }, effects: [{ do: "drop" }] }
    : targetStep(state, event, now);

const runsInTime: Machines["target"] = (state, event, now) =>
  state.at === "prepared" && event.on === "tick"
    ? { state: { at: "active", plan: state.plan }, effects: [{ do: "activate" }] }
    : targetStep(state, event, now);

const dropsOnSourcesDeath: Machines["target"] = (state, event, now) =>
  state.at === "prepared" && event.on === "source-dead"
    ? { state: { at: "dropped", plan: state.plan }, effects: [{ do: "drop" }] }
    : targetStep(state, event, now);

/** A commit of an earlier attempt is good for ever: the epoch fences nothing. */
const staleEpoch: Machines["home"] = (records, event) => {
  if (event.on !== "commit") return homeStep(records, event);
  const members = event.request.members.map(({ pid, epoch }) => ({
    pid,
    epoch: records.get(pid)?.epoch ?? epoch,
  }));
  return homeStep(records, { ...event, request: { ...event.request, members } });
};

const abortForgotten: Machines["source"] = (state, event, now) => {
  const step = sourceStep(state, event, now);
  return { ...step, effects: step.effects.filter((effect) => effect.do !== "send-abort") };
};

const commitOnce: Machines["source"] = (state, event, now) =>
  state.at === "committing" && event.on === "tick"
    ? { state, effects: [] }
    : sourceStep(state, event, now);

const deadTarget: Machines["home"] = (records, event) =>
  homeStep(records, event.on === "commit" ? { ...event, targetIsDead: false } : event);

const declaredUnheard: Machines["source"] = (state, event, now) =>
  event.on === "home-declared" ? { state, effects: [] } : sourceStep(state, event, now);

const disownedUnheard: Machines["source"] = (state, event, now) =>
  event.on === "disowned" ? { state, effects: [] } : sourceStep(state, event, now);

/** It says yes to all, and makes the target the owner of the first. */
const firstOnly: Machines["home"] = (records, event) => {
  const step = homeStep(records, event);
  return event.on === "commit" ? { ...step, write: new Map([...step.write].slice(0, 1)) } : step;
};

/** The first member goes on; the others stand still, and nobody remembers them. */
const thawsTheFirst: Machines["source"] = (state, event, now) => {
  const step = sourceStep(state, event, now);
  if (!step.effects.some((effect) => effect.do === "thaw")) return step;
  const plan = { ...step.state.plan, members: step.state.plan.members.slice(0, 1) };
  return { ...step, state: { ...step.state, plan } };
};

/** COMMIT names only the first: it moves, and the others are taken back. */
const commitsTheFirst: Machines["source"] = (state, event, now) => {
  const step = sourceStep(state, event, now);
  if (step.state.at !== "committing") return step;
  const plan = { ...step.state.plan, members: step.state.plan.members.slice(0, 1) };
  return { ...step, state: { ...step.state, plan } };
};

export const bugs: readonly Bug[] = [
  {
    name: "double commit: the home commits whatever it is asked to",
    found: /two runnable copies|runs what its home says is owned/,
    machines: { ...realMachines, home: doubleCommit },
  },
  {
    name: "roll-forward by the home: a dead source's prepared move is committed",
    found: /runs a task that its home has told everybody is lost/,
    machines: { ...realMachines, home: rollForward },
  },
  {
    name: "roll-forward by the home, of a source that had gone on alone",
    found: /runs a stale copy: what it did since is repeated/,
    machines: { ...impatientMachines, home: rollForward },
  },
  {
    name: "roll-forward by the target: it runs its copy on a timeout",
    found: /two runnable copies|runs what its home says/,
    machines: { ...realMachines, target: runsInTime },
  },
  {
    name: "the source thaws after COMMIT was sent, because no answer comes",
    found: /two runnable copies|runs what its home says/,
    machines: { ...realMachines, source: thawsCommitting },
  },
  {
    name: "the source thaws after COMMIT was sent, because the target has died",
    found: /two runnable copies|runs what its home says/,
    machines: { ...realMachines, source: thawsOnTargetsDeath },
  },
  {
    name: "the target drops its copy on a timeout",
    found: /a bad end: owned by h2, and runs nowhere/,
    machines: { ...realMachines, target: dropsInTime },
  },
  {
    name: "the target drops its copy when the source dies",
    found: /a bad end: owned by h2, and runs nowhere/,
    machines: { ...realMachines, target: dropsOnSourcesDeath },
  },
  {
    name: "stale epoch: the home accepts a commit of an earlier epoch",
    found: /runs what its home says is owned/,
    machines: { ...realMachines, home: staleEpoch },
  },
  {
    name: "abort forgotten: the source does not tell the target that the move is off",
    found: /an arrival is left over/,
    machines: { ...realMachines, source: abortForgotten },
  },
  {
    name: "COMMIT is sent only once",
    found: /a bad end: .* a frozen copy stays/,
    machines: { ...realMachines, source: commitOnce },
  },
  {
    name: "the home gives the task to a target that it knows dead",
    found: /a bad end: owned by h2, and runs nowhere/,
    machines: { ...realMachines, home: deadTarget },
  },
  {
    name: "the source does not hear that its home was declared dead",
    found: /a frozen copy stays/,
    machines: { ...realMachines, source: declaredUnheard },
  },
  {
    name: "the source does not hear that its home holds it for dead",
    found: /a frozen copy stays/,
    machines: { ...realMachines, source: disownedUnheard },
  },
  {
    name: "of two tasks that move as one the home swaps only the first",
    found: /runs what its home says is owned/,
    machines: { ...realMachines, home: firstOnly },
  },
  {
    name: "of two tasks that move as one only the first is thawed",
    found: /a frozen copy stays/,
    machines: { ...realMachines, source: thawsTheFirst },
  },
  {
    name: "of two tasks that move as one only the first stands in COMMIT",
    found: /runs what its home says is owned/,
    machines: { ...realMachines, source: commitsTheFirst },
  },
];
