// The world of the exploration: three hosts, the letters between them, and what may still go wrong.
//
//   world = host 1, host 2, host 3, letters under way, budget      five numbers, each of an interned value
//   action = a delivery, a tick, a death that is noticed, or one of the few things that go wrong
//
// The link repeats what the cable lost: a lost letter is late, unless its sender dies first. So
// letters are lost where a host crashes: any of those that it sent, as far as the budget goes.
// Equal letters under way are one: a question that is asked again and again would have no end.

import {
  type Body,
  firstLocal,
  type Happening,
  type HostRules,
  type Letter,
  type Local,
  type Machines,
} from "./explore-state.ts";
import { hostStep } from "./explore-host.ts";
import { Interned, subsets } from "./explore-sets.ts";

export interface Plan extends HostRules {
  readonly attempts: number;
  /** Letters that are lost or delivered twice. */
  readonly faults: number;
  readonly crashes: number;
  /** How many hosts the home may hold for dead that live; it does not crash itself then. */
  readonly mistakes: number;
  /** The tasks may end by themselves. */
  readonly exits: boolean;
  /** Where the task may be ordered to. */
  readonly places: readonly number[];
  /** "links": letters from one host to another keep their order, as the links see to. */
  readonly order: "any" | "links";
}

export interface Budget {
  readonly attempts: number;
  readonly faults: number;
  readonly crashes: number;
  readonly mistakes: number;
  readonly exits: number;
}

export type Action =
  | {
      readonly do: "deliver";
      readonly letter: number;
      readonly again: boolean;
      readonly room: boolean;
    }
  | { readonly do: "crash"; readonly host: number; readonly lost: readonly number[] }
  | { readonly do: "happen"; readonly host: number; readonly happening: Happening };

/** Numbers of interned values: three hosts, letters, budget. */
export type World = readonly [number, number, number, number, number];

export interface Successor {
  readonly action: Action;
  readonly world: World;
  /** It happens some time, if nothing else does: not a choice of the operator or of fate. */
  readonly must: boolean;
}

const hosts = [1, 2, 3] as const;

interface Step {
  readonly local: number;
  readonly letters: readonly number[];
}

export class Worlds {
  readonly plan: Plan;
  readonly #machines: Machines;
  readonly #locals = new Interned<Local>();
  readonly #letters = new Interned<Letter>();
  readonly #nets = new Interned<readonly number[]>();
  readonly #budgets = new Interned<Budget>();
  readonly #steps = new Map<string, Step>();

  constructor(plan: Plan, machines: Machines) {
    this.plan = plan;
    this.#machines = machines;
  }

  first(): World {
    const { attempts, faults, crashes, mistakes, exits } = this.plan;
    const [a, b, c] = hosts.map((host) =>
      this.#localNumber(firstLocal(host, this.plan, this.#machines)),
    ) as [number, number, number];
    const budget = { attempts, faults, crashes, mistakes, exits: exits ? this.plan.tasks : 0 };
    return [a, b, c, this.#netNumber([]), this.#budgetNumber(budget)];
  }

  localsOf(world: World): readonly [Local, Local, Local] {
    return [this.#locals.at(world[0]), this.#locals.at(world[1]), this.#locals.at(world[2])];
  }

  lettersOf(world: World): readonly Letter[] {
    return this.#nets.at(world[3]).map((letter) => this.#letters.at(letter));
  }

  letter(number: number): Letter {
    return this.#letters.at(number);
  }

  /** How many different hosts, and how many steps of hosts, there were. */
  sizes(): { readonly hosts: number; readonly steps: number } {
    return { hosts: this.#locals.values.length, steps: this.#steps.size };
  }

  next(world: World): Successor[] {
    const locals = this.localsOf(world);
    const budget = this.#budgets.at(world[4]);
    const found: Successor[] = [];
    this.#deliveries(world, locals, budget, found);
    for (const local of locals) {
      if (local.up) this.#onHost(world, locals, local, found);
      else if (!local.declared) this.#heal(world, local, found);
    }
    this.#choices(world, locals, budget, found);
    return found;
  }

  #deliveries(world: World, locals: readonly Local[], budget: Budget, found: Successor[]): void {
    const net = this.#nets.at(world[3]);
    net.forEach((number, index) => {
      const letter = this.#letters.at(number);
      const to = locals[letter.to - 1] as Local;
      if (!to.up || to.incarnation !== letter.toInc) return;
      if (letter.from !== letter.to && (to.dead[letter.from] ?? 0) < letter.fromInc - 1) return;
      if (this.plan.order === "links" && this.#isOvertaking(net, index)) return;
      const rest = net.toSpliced(index, 1);
      const { what } = letter.body;
      for (const room of what === "image" || what === "rounded" ? [true, false] : [true]) {
        const happening: Happening = { on: "letter", letter, room };
        const once = { do: "deliver", letter: number, again: false, room } as const;
        const after = this.#happen(world, letter.to, happening, rest, budget);
        found.push({ action: once, world: after, must: true });
        if (budget.faults === 0 || !room || this.plan.order === "links") continue;
        const fewer = { ...budget, faults: budget.faults - 1 };
        const again = this.#happen(world, letter.to, happening, net, fewer);
        found.push({ action: { ...once, again: true }, world: again, must: false });
      }
    });
  }

  #isOvertaking(net: readonly number[], index: number): boolean {
    const { from, to } = this.#letters.at(net[index] as number);
    return net.slice(0, index).some((number) => {
      const earlier = this.#letters.at(number);
      return earlier.from === from && earlier.to === to;
    });
  }

  /** Time passes on a host, and it notices what has become of the others. */
  #onHost(world: World, locals: readonly Local[], local: Local, found: Successor[]): void {
    const happen = (happening: Happening): void => {
      const after = this.#onlyHappen(world, local.host, happening);
      const action = { do: "happen", host: local.host, happening } as const;
      found.push({ action, world: after, must: true });
    };
    for (const move of Object.keys(local.departures)) happen({ on: "tick", move });
    for (const move of Object.keys(local.arrivals)) happen({ on: "tick", move });
    for (const other of locals) {
      if (other === local) continue;
      const { host, incarnation, up, declared } = other;
      const dead = up ? incarnation - 1 : incarnation;
      if ((local.dead[host] ?? 0) < dead) happen({ on: "learns", dead: host, incarnation: dead });
      if (declared) happen({ on: "told", declared: host, incarnation });
      const mistaken = up && (other.dead[local.host] ?? 0) >= local.incarnation;
      if (mistaken) happen({ on: "disowned", by: host });
    }
  }

  #heal(world: World, { host }: Local, found: Successor[]): void {
    for (const on of ["restart", "declared"] as const) {
      const happening = { on } as const;
      const after = this.#onlyHappen(world, host, happening);
      found.push({ action: { do: "happen", host, happening }, world: after, must: true });
    }
  }

  /** What the operator, the program and fate may do, or may not. */
  #choices(world: World, locals: readonly Local[], budget: Budget, found: Successor[]): void {
    const may = (host: number, happening: Happening, left: Budget): void => {
      const after = this.#happen(world, host, happening, this.#nets.at(world[3]), left);
      found.push({ action: { do: "happen", host, happening }, world: after, must: false });
    };
    this.#mistakes(locals, budget, may);
    for (const { host, copies, up, departures } of locals) {
      const forgets = this.plan.mistakes > 0 && host === this.plan.home;
      if (up && budget.crashes > 0 && !forgets) this.#crashes(world, host, budget, found);
      if (!copies.some((copy) => copy?.state === "runs")) continue;
      const busy = Object.values(departures).some(({ at }) => at !== "handed-over");
      if (budget.attempts > 0 && !busy) {
        const left = { ...budget, attempts: budget.attempts - 1 };
        for (const to of this.plan.places) if (to !== host) may(host, { on: "order", to }, left);
      }
      copies.forEach((copy, task) => {
        if (copy?.state !== "runs") return;
        const left = { ...budget, exits: budget.exits - 1 };
        if (budget.exits > 0) may(host, { on: "exit", task }, left);
        for (const owed of copy.owed) may(host, { on: "touch", owed }, budget);
      });
    }
  }

  /** The home holds a host for dead that lives: a cable was cut for too long. */
  #mistakes(
    locals: readonly Local[],
    budget: Budget,
    may: (host: number, happening: Happening, left: Budget) => void,
  ): void {
    const home = locals[this.plan.home - 1] as Local;
    if (budget.mistakes === 0 || !home.up) return;
    const left = { ...budget, mistakes: budget.mistakes - 1 };
    for (const { host, up, incarnation } of locals) {
      if (host === home.host || !up || home.dead[host] !== incarnation - 1) continue;
      may(home.host, { on: "learns", dead: host, incarnation }, left);
    }
  }

  #crashes(world: World, host: number, budget: Budget, found: Successor[]): void {
    const net = this.#nets.at(world[3]);
    const sent = net.filter((number) => {
      const { from, to } = this.#letters.at(number);
      return from === host && to !== host;
    });
    for (const lost of subsets(sent, budget.faults)) {
      const rest = net.filter((number) => !this.#isLost(number, net, lost));
      const left = {
        ...budget,
        crashes: budget.crashes - 1,
        faults: budget.faults - lost.length,
      };
      const after = this.#happen(world, host, { on: "crash" }, rest, left);
      found.push({ action: { do: "crash", host, lost }, world: after, must: false });
    }
  }

  /** On a link nothing passes what was lost. */
  #isLost(number: number, net: readonly number[], lost: readonly number[]): boolean {
    if (lost.includes(number)) return true;
    if (this.plan.order === "any") return false;
    const { from, to } = this.#letters.at(number);
    const before = net.slice(0, net.indexOf(number));
    return before.some((one) => {
      const letter = this.#letters.at(one);
      return lost.includes(one) && letter.from === from && letter.to === to;
    });
  }

  #onlyHappen(world: World, host: number, happening: Happening): World {
    return this.#happen(
      world,
      host,
      happening,
      this.#nets.at(world[3]),
      this.#budgets.at(world[4]),
    );
  }

  #happen(
    world: World,
    host: number,
    happening: Happening,
    net: readonly number[],
    budget: Budget,
  ): World {
    const step = this.#step(world[host - 1] as number, happening);
    const after = [world[0], world[1], world[2]];
    after[host - 1] = step.local;
    const [a, b, c] = after as [number, number, number];
    const ends = [this.#locals.at(a), this.#locals.at(b), this.#locals.at(c)];
    const letters = [...net];
    for (const letter of step.letters) if (!letters.includes(letter)) letters.push(letter);
    const kept = letters.filter((number) => this.#canArrive(this.#letters.at(number), ends));
    return [a, b, c, this.#netNumber(kept), this.#budgetNumber(budget)];
  }

  /** Letters to the dead, and from those whom the receiver knows dead, are no more. */
  #canArrive({ from, fromInc, to, toInc }: Letter, locals: readonly Local[]): boolean {
    const { up, declared, incarnation, dead } = locals[to - 1] as Local;
    if (declared || toInc < incarnation || (!up && toInc === incarnation)) return false;
    return from === to || (dead[from] ?? 0) < fromInc;
  }

  #step(local: number, happening: Happening): Step {
    const key = `${local} ${keyOf(happening, (letter) => this.#letterNumber(letter))}`;
    const known = this.#steps.get(key);
    if (known) return known;
    const outcome = hostStep(this.#locals.at(local), happening, this.plan, this.#machines);
    const step = {
      local: this.#localNumber(outcome.local),
      letters: outcome.letters.map((letter) => this.#letterNumber(letter)),
    };
    this.#steps.set(key, step);
    return step;
  }

  #localNumber(local: Local): number {
    return this.#locals.number(local, JSON.stringify(sorted(local)));
  }

  #letterNumber(letter: Letter): number {
    return this.#letters.number(letter, JSON.stringify(letter));
  }

  #budgetNumber(budget: Budget): number {
    const { attempts, faults, crashes, mistakes, exits } = budget;
    const key = [attempts, faults, crashes, mistakes, exits].join(" ");
    return this.#budgets.number(budget, key);
  }

  /** With letters in any order, theirs says nothing; on links only that of each link does. */
  #netNumber(letters: readonly number[]): number {
    const link = (number: number): number => {
      const { from, to } = this.#letters.at(number);
      return from * 4 + to;
    };
    const net =
      this.plan.order === "any"
        ? letters.toSorted((a, b) => a - b)
        : letters.toSorted((a, b) => link(a) - link(b)); // stable: each link's letters keep their order
    return this.#nets.number(net, net.join());
  }
}

function keyOf(happening: Happening, numberOf: (letter: Letter) => number): string {
  if (happening.on !== "letter") return JSON.stringify(happening);
  return `${numberOf(happening.letter)} ${happening.room}`;
}

/** The moves of a host in the order of their names, whichever came first. */
function sorted(local: Local): Local {
  return {
    ...local,
    departures: byName(local.departures),
    arrivals: byName(local.arrivals),
  };
}

function byName<T>(machines: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(machines).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a letter says, in a word. */
export function wordOf(body: Body): string {
  return body.what === "verdict" ? body.verdict : body.what;
}
