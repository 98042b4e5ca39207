// Every history of a move, for the tests: source, target and home over a network that loses nothing
// but delivers in any order, with repeated messages and with hosts that die.
//
//   a state = the three machines, who has which copy, the messages and death notices under way
//   a step  = one delivery, one tick, or one of the few things that go wrong
//
// A host that dies takes the messages for it along; what it sent still arrives until its death is
// noticed. The home's host comes back at once, with its store and nothing else.

import { type HomeEvent, type HomeRecord, homeStep } from "../../../kernel/task/home.ts";
import {
  type SourceEvent,
  type SourceState,
  sourceStep,
  startMove,
} from "../../../kernel/migrate/source.ts";
import { type TargetEvent, type TargetState, targetStep } from "../../../kernel/migrate/target.ts";

export interface Machines {
  readonly source: typeof sourceStep;
  readonly target: typeof targetStep;
  readonly home: typeof homeStep;
}
export const realMachines: Machines = { source: sourceStep, target: targetStep, home: homeStep };

/** What may go wrong, how often, and where the home is. */
export interface Plan {
  readonly homeOn: "source" | "target" | "own";
  readonly repeats: number;
  readonly attempts: number;
  /** Whether what has to come before the freeze takes time. */
  readonly settles: boolean;
  /** "fifo": messages between two hosts keep their order, as the links see to. */
  readonly order: "any" | "fifo";
}

export interface Exploration {
  readonly states: number;
  readonly ends: number;
  /** The kinds of end that there are, as "owner: copies". */
  readonly endings: ReadonlySet<string>;
  readonly violation: string | undefined;
}

type Role = "source" | "target" | "home";

interface Letter {
  readonly from: Role;
  readonly to: Role;
  readonly what: string;
  readonly move: string;
}

interface State {
  readonly sources: Readonly<Record<string, SourceState>>;
  readonly sourceCopy: "runs" | "frozen" | "gone";
  readonly sentCommit: boolean;
  readonly targets: Readonly<Record<string, TargetState>>;
  readonly targetCopy: "runs" | "gone";
  readonly record: HomeRecord;
  readonly letters: readonly Letter[];
  /** Deaths that were not noticed yet. */
  readonly notices: readonly { readonly at: Role; readonly dead: number }[];
  /** Hosts whose death the home has noticed. */
  readonly known: readonly number[];
  readonly crashed: readonly number[];
  readonly repeats: number;
  readonly attempts: number;
  readonly ended: boolean;
}

const pid = 10_001;
const hostOf = (plan: Plan, role: Role): number =>
  ({ source: 1, target: 2, home: { source: 1, target: 2, own: 3 }[plan.homeOn] })[role];
const isUp = (plan: Plan, state: State, role: Role): boolean =>
  role === "home" || !state.crashed.includes(hostOf(plan, role));

/** The first thing that is wrong with a state, whatever follows. */
function broken(state: State): string | undefined {
  if (state.sourceCopy === "runs" && state.targetCopy === "runs") return "two runnable copies";
  const committed = state.record.move !== "";
  if (state.sourceCopy === "runs" && committed) return "the source runs what it has given away";
  if (state.targetCopy === "runs" && !committed) return "the target runs what is not its own";
  return undefined;
}

function ending(plan: Plan, state: State): { readonly name: string; readonly good: boolean } {
  const { record, sourceCopy, targetCopy } = state;
  const running = [...(sourceCopy === "runs" ? [1] : []), ...(targetCopy === "runs" ? [2] : [])];
  const name = `${record.state} by ${record.owner}: runs on ${running.join(" and ") || "none"}`;
  const alone = running.length === 1 && running[0] === record.owner && record.state === "owned";
  const dead = running.length === 0 && record.state === "ended";
  // The word of a task's own end is sent once: it can die with its home's host.
  const untold =
    state.ended && running.length === 0 && state.crashed.includes(hostOf(plan, "home"));
  const left = plan.order === "fifo" && Object.keys(state.targets).length > 0;
  return {
    name: left ? `${name}, with a copy left over` : name,
    good: (alone || dead || untold) && !left,
  };
}

class Explorer {
  readonly #plan: Plan;
  readonly #machines: Machines;

  constructor(plan: Plan, machines: Machines) {
    this.#plan = plan;
    this.#machines = machines;
  }

  first(): State {
    const born: HomeEvent = { on: "born", pid, host: 1, incarnation: 1 };
    const record = this.#machines.home(new Map(), born).write.get(pid) as HomeRecord;
    return {
      sources: {},
      sourceCopy: "runs",
      sentCommit: false,
      targets: {},
      targetCopy: "gone",
      record,
      letters: [],
      notices: [],
      known: [],
      crashed: [],
      repeats: this.#plan.repeats,
      attempts: this.#plan.attempts,
      ended: false,
    };
  }

  /** What must happen sometime, and what may happen. */
  next(state: State): { readonly must: State[]; readonly may: State[] } {
    const must = [...this.#deliveries(state), ...this.#notices(state), ...this.#ticks(state)];
    return { must, may: [...this.#starts(state), ...this.#mishaps(state)] };
  }

  #deliveries(state: State): State[] {
    return state.letters.flatMap((letter, index) => {
      const overtakes = state.letters
        .slice(0, index)
        .some(({ from, to }) => from === letter.from && to === letter.to);
      if (this.#plan.order === "fifo" && overtakes) return [];
      const rest = { ...state, letters: state.letters.toSpliced(index, 1) };
      const repeated = { ...state, repeats: state.repeats - 1 };
      const after = this.#deliver(rest, letter);
      return state.repeats > 0 ? [...after, ...this.#deliver(repeated, letter)] : after;
    });
  }

  #deliver(state: State, letter: Letter): State[] {
    if (!isUp(this.#plan, state, letter.to)) return [state];
    if (letter.to === "home") return [this.#atHome(state, letter)];
    if (letter.to === "source") return [this.#atSource(state, letter)];
    return this.#atTarget(state, letter);
  }

  #atHome(state: State, { from, what, move }: Letter): State {
    const source = { from: 1, fromIncarnation: 1 };
    const to = { to: 2, toIncarnation: 1, epoch: 0 };
    const targetIsDead = state.known.includes(2);
    const event: HomeEvent =
      what === "commit"
        ? { on: "commit", request: { move, pid, ...source, ...to }, targetIsDead }
        : what === "query"
          ? { on: "query", pid, move, ...source }
          : { on: "exited", pid, epoch: 0 };
    const { verdict, write } = this.#machines.home(new Map([[pid, state.record]]), event);
    const after = { ...state, record: write.get(pid) ?? state.record };
    return verdict === null ? after : post(after, { from: "home", to: from, what: verdict, move });
  }

  #atSource(state: State, { what, move }: Letter): State {
    const machine = state.sources[move];
    if (!machine) return state;
    return this.#feedSource(state, move, sourceEvents[what] as SourceEvent);
  }

  #feedSource(state: State, move: string, event: SourceEvent): State {
    const before = state.sources[move] as SourceState;
    const running = before.at === "reserving" || before.at === "settling";
    const what: SourceEvent = running && state.ended ? { on: "task-ended" } : event;
    const step = this.#machines.source(before, what, 1);
    return this.#perform(state, move, step);
  }

  #perform(state: State, move: string, step: ReturnType<typeof sourceStep>): State {
    const kept: SourceState = timeless(step.state);
    let after: State = { ...state, sources: { ...state.sources, [move]: kept } };
    const toTarget = (what: string): Letter => ({ from: "source", to: "target", what, move });
    for (const effect of step.effects) {
      if (effect.do === "send-reserve") after = post(after, toTarget("reserve"));
      else if (effect.do === "settle") {
        after = this.#plan.settles
          ? post(after, { from: "source", to: "source", what: "settled", move })
          : this.#feedSource(after, move, { on: "settled" });
      } else if (effect.do === "transfer") {
        after = post({ ...after, sourceCopy: "frozen" }, toTarget("image"));
      } else if (effect.do === "send-commit") {
        const commit = { from: "source", to: "home", what: "commit", move } as const;
        after = ask({ ...after, sentCommit: true }, commit);
      } else if (effect.do === "send-abort") after = post(after, toTarget("abort"));
      else if (effect.do === "thaw") after = { ...after, sourceCopy: "runs" };
      else if (effect.do === "hand-over") {
        after = post({ ...after, sourceCopy: "gone" }, toTarget("activate"));
      }
    }
    if (kept.at !== "over") return after;
    const { [move]: _over, ...rest } = after.sources;
    return { ...after, sources: rest };
  }

  #atTarget(state: State, { what, move }: Letter): State[] {
    if (what === "reserve") {
      if (state.targets[move]) return [state];
      const answer = { from: "target", to: "source", move } as const;
      if (state.targetCopy === "runs") return [post(state, { ...answer, what: "refused" })];
      const plan = { move, pid, from: 1, fromIncarnation: 1, home: 3, epoch: 0 };
      const targets = { ...state.targets, [move]: { at: "reserved", plan } as const };
      return [post({ ...state, targets }, { ...answer, what: "reserved" })];
    }
    if (!state.targets[move]) return [state];
    const events: TargetEvent[] =
      what === "image"
        ? [
            { on: "image", refusal: null },
            { on: "image", refusal: "no-memory" },
          ]
        : [targetEvents[what] as TargetEvent];
    return events.map((event) => this.#feedTarget(state, move, event));
  }

  #feedTarget(state: State, move: string, event: TargetEvent): State {
    const step = this.#machines.target(state.targets[move] as TargetState, event, 1);
    const kept: TargetState = timeless(step.state);
    let after: State = { ...state, targets: { ...state.targets, [move]: kept } };
    const toSource = (what: string): Letter => ({ from: "target", to: "source", what, move });
    for (const effect of step.effects) {
      if (effect.do === "send-prepared") after = post(after, toSource("prepared"));
      else if (effect.do === "send-refused") after = post(after, toSource("refused"));
      else if (effect.do === "activate") {
        after = post({ ...after, targetCopy: "runs" }, toSource("activated"));
      } else if (effect.do === "ask-home") {
        after = ask(after, { from: "target", to: "home", what: "query", move });
      }
    }
    if (kept.at !== "active" && kept.at !== "dropped") return after;
    const { [move]: _done, ...rest } = after.targets;
    return { ...after, targets: rest };
  }

  #notices(state: State): State[] {
    return state.notices.map(({ at, dead }, index) => {
      const silent = (role: Role): boolean => role !== "home" && hostOf(this.#plan, role) === dead;
      const after: State = {
        ...state,
        notices: state.notices.toSpliced(index, 1),
        letters: state.letters.filter(({ from, to }) => !(to === at && silent(from))),
      };
      if (at === "home") return this.#homeNotices(after, dead);
      if (!isUp(this.#plan, state, at)) return after;
      const moves = Object.keys(at === "source" ? state.sources : state.targets);
      return moves.reduce(
        (now, move) =>
          at === "source"
            ? this.#feedSource(now, move, { on: "target-dead" })
            : this.#feedTarget(now, move, { on: "source-dead" }),
        after,
      );
    });
  }

  #homeNotices(state: State, dead: number): State {
    const event: HomeEvent = { on: "host-dead", host: dead, incarnation: 1 };
    const { write } = this.#machines.home(new Map([[pid, state.record]]), event);
    return { ...state, record: write.get(pid) ?? state.record, known: [...state.known, dead] };
  }

  /** Time passes. */
  #ticks(state: State): State[] {
    const sources = Object.entries(state.sources)
      .filter(([, { at }]) => at === "reserving" || at === "committing")
      .map(([move]) => this.#feedSource(state, move, { on: "tick" }));
    const targets = Object.keys(state.targets).map((move) =>
      this.#feedTarget(state, move, { on: "tick" }),
    );
    return [...sources, ...targets];
  }

  #starts(state: State): State[] {
    const busy = Object.values(state.sources).some(({ at }) => at !== "handed-over");
    if (state.attempts === 0 || busy || state.sourceCopy !== "runs") return [];
    const move = `h1.1.${1 + this.#plan.attempts - state.attempts}`;
    const plan = {
      move,
      pid,
      to: 2,
      home: hostOf(this.#plan, "home"),
      epoch: 0,
      strategy: "",
      toIncarnation: 1,
    };
    const fresh = { ...state, attempts: state.attempts - 1, sentCommit: false };
    return [this.#perform(fresh, move, startMove(plan, 1))];
  }

  #mishaps(state: State): State[] {
    const hosts = [1, 2, ...(this.#plan.homeOn === "own" ? [3] : [])];
    const crashes = hosts
      .filter((host) => !state.crashed.includes(host))
      .map((host) => this.#crash(state, host));
    if (state.sourceCopy !== "runs" || state.ended) return crashes;
    const exit = { from: "source", to: "home", what: "exited", move: "" } as const;
    return [...crashes, post({ ...state, sourceCopy: "gone", ended: true }, exit)];
  }

  #crash(state: State, host: number): State {
    const plan = this.#plan;
    const roles = (["source", "target", "home"] as const).filter(
      (one) => hostOf(plan, one) === host,
    );
    const others = (["source", "target", "home"] as const).filter((one) => !roles.includes(one));
    const carriesTask = host !== 3;
    const after: State = {
      ...state,
      crashed: [...state.crashed, host],
      letters: state.letters.filter(({ to }) => !roles.includes(to)),
      notices: [
        ...state.notices.filter(({ at }) => at === "home" || !roles.includes(at)),
        ...others.filter(() => carriesTask).map((at) => ({ at, dead: host })),
      ],
      ...(host === 1 ? { sources: {}, sourceCopy: "gone" as const } : {}),
      ...(host === 2 ? { targets: {}, targetCopy: "gone" as const } : {}),
    };
    return roles.includes("home") && carriesTask ? this.#homeNotices(after, host) : after;
  }
}

const sourceEvents: Readonly<Record<string, SourceEvent>> = {
  reserved: { on: "reserved", incarnation: 1 },
  refused: { on: "refused", reason: "no-memory" },
  settled: { on: "settled" },
  prepared: { on: "prepared" },
  activated: { on: "activated" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
};

const targetEvents: Readonly<Record<string, TargetEvent>> = {
  activate: { on: "activate" },
  abort: { on: "abort" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
};

/** Times would make equal states differ: every deadline is one that has passed. */
function timeless<S extends object>(state: S): S {
  const times = ["until", "repeatAt", "askAt"].filter((name) => name in state);
  return { ...state, ...Object.fromEntries(times.map((name) => [name, 0])) };
}

function post(state: State, letter: Letter): State {
  return { ...state, letters: [...state.letters, letter] };
}

/** What is asked again and again is on the network once: while question or answer is under way. */
function ask(state: State, letter: Letter): State {
  const underWay = state.letters.some(
    ({ from, to }) =>
      (from === letter.from && to === "home") || (from === "home" && to === letter.from),
  );
  return underWay ? state : post(state, letter);
}

/** Equal states have equal keys; with messages in any order, their order says nothing. */
function keyOf(plan: Plan, state: State): string {
  const text = ({ from, to, what, move }: Letter): string => `${from[0]}${to[0]} ${what} ${move}`;
  const lines = state.letters.map(text);
  const pair = (line: string): string => line.slice(0, 2);
  lines.sort((a, b) => {
    const [x, y] = plan.order === "fifo" ? [pair(a), pair(b)] : [a, b];
    return x < y ? -1 : x > y ? 1 : 0; // a stable sort: each pair's messages stay in order
  });
  const places = (machines: Readonly<Record<string, { at: string }>>): string =>
    Object.entries(machines)
      .map(([move, { at }]) => `${move} ${at}`)
      .join();
  return [
    places(state.sources),
    state.sourceCopy,
    places(state.targets),
    state.targetCopy,
    `${state.record.owner} ${state.record.state} ${state.record.move}`,
    state.notices
      .map(({ at, dead }) => `${at}${dead}`)
      .sort()
      .join(),
    [...state.known].sort((a, b) => Number(a) - Number(b)).join(),
    [...state.crashed].sort((a, b) => Number(a) - Number(b)).join(),
    `${state.repeats} ${state.attempts} ${state.ended} ${state.sentCommit}`,
    lines.join(),
  ].join("|");
}

/** Far more than the plans of the tests need: a machine that talks for ever is stopped here. */
const statesMax = 400_000;

/** Walks through every history, nearest states first. Stops at the first violation. */
export function explore(plan: Plan, machines: Machines = realMachines): Exploration {
  const explorer = new Explorer(plan, machines);
  const states: State[] = [explorer.first()];
  const numbers = new Map([[keyOf(plan, states[0] as State), 0]]);
  const before: number[][] = [[]];
  const ends: number[] = [];
  const endings = new Set<string>();
  const result = (violation: string | undefined): Exploration => ({
    states: states.length,
    ends: ends.length,
    endings,
    violation,
  });
  for (let at = 0; at < states.length; at++) {
    if (at > statesMax) return result(`more than ${statesMax} states`);
    const state = states[at] as State;
    const wrong = broken(state);
    if (wrong) return result(wrong);
    const { must, may } = explorer.next(state);
    let goesOn = false;
    for (const [index, one] of [...must, ...may].entries()) {
      const key = keyOf(plan, one);
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.push(one) - 1;
        numbers.set(key, number);
        before.push([]);
      }
      if (number === at) continue;
      (before[number] as number[]).push(at);
      if (index < must.length) goesOn = true;
    }
    if (goesOn) continue;
    const { name, good } = ending(plan, state);
    ends.push(at);
    endings.add(name);
    if (!good) return result(`a bad end: ${name}; ${keyOf(plan, state)}`);
  }
  return result(stuck(before, ends));
}

/** Whether some state has no way to an end. */
function stuck(
  before: readonly (readonly number[])[],
  ends: readonly number[],
): string | undefined {
  const resolved = new Set(ends);
  const todo = [...ends];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const one of before[at] as readonly number[]) {
      if (resolved.has(one)) continue;
      resolved.add(one);
      todo.push(one);
    }
  }
  const rest = before.length - resolved.size;
  return rest > 0 ? `${rest} states from which there is no end` : undefined;
}
