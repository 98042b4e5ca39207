// Breadth-first search through all histories, in numbers: a world is a key of six characters, its
// way back one number, its successors pairs of numbers. So the first violation has a shortest path.
//
//   worlds in order of distance ──▶ rules of every world ──▶ ends ──▶ is an end reachable from all?
//
// The last question is asked backwards from the ends, over what happens by itself: no operator and
// no further mishap may be needed for a task to come to rest.

import type { Machines } from "./explore-state.ts";
import { broken, endOf } from "./explore-rules.ts";
import { type Action, type Plan, type World, Worlds } from "./explore-world.ts";

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The longest of the shortest ways to a state. */
  readonly depth: number;
  /** How many ends there are of each kind. */
  readonly ends: ReadonlyMap<string, number>;
  readonly sizes: { readonly hosts: number; readonly steps: number };
  readonly violation: Violation | null;
}

export interface Violation {
  readonly what: string;
  readonly path: readonly PathStep[];
  readonly worlds: Worlds;
}

export interface PathStep {
  readonly action: Action;
  readonly before: World;
  readonly after: World;
}

/** Numbers in a growing array: hundreds of thousands, four bytes each. */
class Numbers {
  #values = new Int32Array(1024);
  length = 0;
  push(value: number): void {
    if (this.length === this.#values.length) {
      const bigger = new Int32Array(2 * this.length);
      bigger.set(this.#values);
      this.#values = bigger;
    }
    this.#values[this.length++] = value;
  }
  at(index: number): number {
    return this.#values[index] as number;
  }
}

/** More than any plan here needs: memory stays bounded, whatever a planted bug brings about. */
const statesMax = 6_000_000;

class Search {
  readonly worlds: Worlds;
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents = new Numbers();
  readonly #depths = new Numbers();
  readonly #from = new Numbers();
  readonly #to = new Numbers();
  readonly #isEnd: number[] = [];
  readonly #ends = new Map<string, number>();
  readonly #wanted: RegExp;
  #transitions = 0;

  constructor(plan: Plan, machines: Machines, wanted: RegExp) {
    this.worlds = new Worlds(plan, machines);
    this.#wanted = wanted;
  }

  run(): Exploration {
    this.#number(this.worlds.first(), -1);
    for (let at = 0; at < this.#keys.length; at++) {
      const what = this.#visit(at);
      if (what !== undefined) return this.#result({ what, ...this.#way(at) });
      if (at > statesMax) throw new Error(`more than ${statesMax} states`);
    }
    const stuck = this.#stuck();
    if (stuck === undefined) return this.#result(null);
    return this.#result({ what: "from here the task never comes to rest", ...this.#way(stuck) });
  }

  #visit(at: number): string | undefined {
    const world = worldOf(this.#keys[at] as string);
    const wrong = broken(this.worlds, world);
    if (wrong !== undefined && this.#wanted.test(wrong)) return wrong;
    let goesOn = false;
    for (const { world: after, must } of this.worlds.next(world)) {
      const number = this.#number(after, at);
      this.#transitions++;
      if (number === at || !must) continue;
      goesOn = true;
      this.#from.push(at);
      this.#to.push(number);
    }
    if (goesOn) return undefined;
    const { name, good } = endOf(this.worlds, world);
    this.#isEnd.push(at);
    this.#ends.set(name, (this.#ends.get(name) ?? 0) + 1);
    const bad = `a bad end: ${name}`;
    return good || !this.#wanted.test(bad) ? undefined : bad;
  }

  #number(world: World, parent: number): number {
    const key = keyOf(world);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#keys.push(key) - 1;
    this.#numbers.set(key, number);
    this.#parents.push(parent);
    this.#depths.push(parent < 0 ? 0 : this.#depths.at(parent) + 1);
    return number;
  }

  #result(violation: Violation | null): Exploration {
    const states = this.#keys.length;
    return {
      states,
      transitions: this.#transitions,
      depth: this.#depths.at(states - 1),
      ends: this.#ends,
      sizes: this.worlds.sizes(),
      violation,
    };
  }

  #way(to: number): { readonly path: readonly PathStep[]; readonly worlds: Worlds } {
    const path: PathStep[] = [];
    for (let at = to; this.#parents.at(at) >= 0; at = this.#parents.at(at)) {
      const before = worldOf(this.#keys[this.#parents.at(at)] as string);
      const key = this.#keys[at] as string;
      const step = this.worlds.next(before).find(({ world }) => keyOf(world) === key);
      if (step) path.unshift({ action: step.action, before, after: step.world });
    }
    return { path, worlds: this.worlds };
  }

  /** The nearest world from which no end can be reached. */
  #stuck(): number | undefined {
    const count = this.#keys.length;
    const first = new Int32Array(count + 1);
    for (let edge = 0; edge < this.#to.length; edge++) {
      const to = this.#to.at(edge);
      first[to] = (first[to] as number) + 1;
    }
    for (let at = 1; at <= count; at++)
      first[at] = (first[at] as number) + (first[at - 1] as number);
    const before = new Int32Array(this.#to.length);
    for (let edge = 0; edge < this.#to.length; edge++) {
      const to = this.#to.at(edge);
      first[to] = (first[to] as number) - 1;
      before[first[to] as number] = this.#from.at(edge);
    }
    const resolved = new Uint8Array(count);
    const todo = [...this.#isEnd];
    for (const end of todo) resolved[end] = 1;
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      for (let edge = first[at] as number; edge < (first[at + 1] as number); edge++) {
        const one = before[edge] as number;
        if (resolved[one] === 1) continue;
        resolved[one] = 1;
        todo.push(one);
      }
    }
    const stuck = resolved.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }
}

const half = 0x8000;

function keyOf([a, b, c, net, budget]: World): string {
  return String.fromCharCode(a, b, c, net % half, Math.floor(net / half), budget);
}

function worldOf(key: string): World {
  const code = (index: number): number => key.charCodeAt(index);
  return [code(0), code(1), code(2), code(3) + half * code(4), code(5)];
}

/** Walks through every history, nearest states first. Stops at the first violation that is wanted. */
export function explore(plan: Plan, machines: Machines, wanted: RegExp = /./): Exploration {
  return new Search(plan, machines, wanted).run();
}
