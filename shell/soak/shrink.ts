// Makes a failing plan shorter: fewer faults, fewer hosts, fewer steps, while the same checker still
// finds fault with it. Delta debugging (Zeller): ever smaller parts of the list are left out.
//
//   no faults of cables? ─▶ fewer hosts? ─▶ halves, quarters, … of the steps left out ─▶ fewer hosts?
//
// A step whose ground has gone (a message by a right that was never given) is refused and harms
// nothing, so every part of a plan is a plan.

import type { Plan } from "./plan.ts";
import type { Deed, Holder, Step } from "./step.ts";

/** Whether a plan still fails in the same way. */
export type Fails = (plan: Plan) => Promise<boolean>;

/** At most so many runs: the rest would be shortened by a step or two. */
const runsMax = 250;

export async function shrink(plan: Plan, fails: Fails): Promise<Plan> {
  let left = runsMax;
  const stillFails: Fails = async (candidate) => {
    if (left <= 0) return false;
    left--;
    return fails(candidate);
  };
  let best = plan;
  const calm = { ...best, net: {} };
  if (Object.keys(best.net).length > 0 && (await stillFails(calm))) best = calm;
  best = await withFewerHosts(best, stillFails);
  best = { ...best, steps: await fewerSteps(best, stillFails) };
  return withFewerHosts(best, stillFails);
}

/** The last host's part is played by each of the others in turn. */
async function withFewerHosts(plan: Plan, fails: Fails): Promise<Plan> {
  let best = plan;
  while (best.hosts > 1) {
    const smaller = await withoutHost(best, fails);
    if (!smaller) return best;
    best = smaller;
  }
  return best;
}

async function withoutHost(plan: Plan, fails: Fails): Promise<Plan | null> {
  const last = `h${plan.hosts}`;
  const named = plan.steps.some((step) => hostsOf(step).includes(last));
  const others = named ? Array.from({ length: plan.hosts - 1 }, (_, at) => `h${at + 1}`) : [last];
  for (const other of others) {
    const steps = plan.steps.map((step) => rename(step, last, other)).filter(makesSense);
    const candidate = { ...plan, hosts: plan.hosts - 1, steps };
    if (await fails(candidate)) return candidate;
  }
  return null;
}

function hostsOf(deed: Deed): readonly string[] {
  const holder = holderOf(deed);
  return [
    ...("host" in deed ? [deed.host] : []),
    ...(holder && "host" in holder ? [holder.host] : []),
    ...("a" in deed ? [deed.a, deed.b] : []),
  ];
}

function holderOf(deed: Deed): Holder | undefined {
  if (deed.do === "port") return deed.on;
  if (deed.do === "right") return deed.to;
  return deed.do === "message" ? deed.from : undefined;
}

function rename(step: Step, from: string, to: string): Step {
  const host = (name: string): string => (name === from ? to : name);
  const holder = (old: Holder): Holder => ("host" in old ? { host: host(old.host) } : old);
  if (step.do === "port") return { ...step, on: holder(step.on) };
  if (step.do === "right") return { ...step, to: holder(step.to) };
  if (step.do === "message") return { ...step, from: holder(step.from) };
  if ("a" in step) return { ...step, a: host(step.a), b: host(step.b) };
  return "host" in step ? { ...step, host: host(step.host) } : step;
}

/** A cable has two ends. */
function makesSense(step: Step): boolean {
  return !("a" in step) || step.a !== step.b;
}

async function fewerSteps(plan: Plan, fails: Fails): Promise<readonly Step[]> {
  let steps = plan.steps;
  let parts = 2;
  while (steps.length > 1) {
    const size = Math.ceil(steps.length / parts);
    const rest = await withoutOnePart(plan, steps, size, fails);
    if (rest) {
      steps = rest;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) return steps;
    else parts = Math.min(steps.length, parts * 2);
  }
  return steps;
}

/** Later parts go first: what came early is what later steps stand on. */
async function withoutOnePart(
  plan: Plan,
  steps: readonly Step[],
  size: number,
  fails: Fails,
): Promise<readonly Step[] | null> {
  const starts = Array.from({ length: Math.ceil(steps.length / size) }, (_, part) => part * size);
  for (const start of starts.reverse()) {
    const rest = steps.toSpliced(start, size);
    if (await fails({ ...plan, steps: rest })) return rest;
  }
  return null;
}
