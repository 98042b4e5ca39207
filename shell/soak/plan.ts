// A world of the soak, drawn from its seed: hosts, ports, jobs, rights, messages, moves, and faults.
//
//   0 ─ set up ─▶ 200 ms ─ messages, moves, cuts, pauses ─▶ 400 ms ─ crashes too ─▶ 500 ms
//
// The faults of the cables hold from the start. Each matter has its own draws, so that a change in
// one leaves the others as they were. Names: a, b, … are ports, r1 the reply port of the first
// client, a1 its right to a; q7 and z7 are the reply right and the right that came with a message.

import type { NetFaults } from "../../cluster/index.ts";
import { concerns } from "../../ports/base/index.ts";
import { type LocationName, locationNames } from "../../ports/index.ts";
import { type Dice, dice, drawNet, pick, shuffled } from "./dice.ts";
import type { Deed, Holder, Step } from "./step.ts";

export interface Plan {
  readonly seed: number;
  readonly policy: LocationName;
  readonly hosts: number;
  readonly net: Partial<NetFaults>;
  readonly steps: readonly Step[];
}

const us = 1_000;
const ms = 1_000_000;
const setUpNs = 200 * ms;
const lateNs = 400 * ms;
const endNs = 500 * ms;
const grainNs = 10 * us;

/** A time within a span, in steps that are easy to read. */
function within(roll: Dice, span: number): number {
  return roll(span / grainNs) * grainNs;
}

interface World {
  readonly seed: number;
  readonly hosts: readonly string[];
  readonly jobs: readonly number[];
  readonly ports: readonly PlannedPort[];
  readonly clients: readonly Client[];
  readonly steps: Step[];
}

interface PlannedPort {
  readonly port: string;
  readonly on: Holder;
}

interface Client {
  readonly holder: Holder;
  readonly replyPort: string;
  /** Rights of the client, and the ports they are to. */
  readonly rights: readonly { readonly right: string; readonly port: string }[];
}

/** The policy of a seed for which none was asked. */
export function policyOfSeed(seed: number): LocationName {
  return locationNames[seed % locationNames.length] as LocationName;
}

export function makePlan(seed: number, policy: LocationName): Plan {
  const world = makeWorld(seed);
  setUp(world);
  addMessages(world);
  addMoves(world);
  addRightsWork(world);
  addFaults(world);
  const steps = world.steps.toSorted((a, b) => a.at - b.at);
  const net = drawNet(dice(seed, concerns.soakNet), 4);
  return { seed, policy, hosts: world.hosts.length, net, steps };
}

function makeWorld(seed: number): World {
  const roll = dice(seed, concerns.soakWorld);
  const hosts = Array.from({ length: 2 + roll(5) }, (_, place) => `h${place + 1}`);
  const jobs = Array.from({ length: roll(3) }, (_, place) => place + 1);
  const host = (): Holder => ({ host: pick(hosts, roll) });
  const ports: PlannedPort[] = [
    ...["a", "b", "c", "d"].slice(0, 2 + roll(3)).map((port) => ({ port, on: host() })),
    ...jobs.map((job) => ({ port: `j${job}`, on: { job } })),
  ];
  const holders = [...hosts.map((name) => ({ host: name })), ...jobs.map((job) => ({ job }))];
  const clients = shuffled<Holder>(holders, roll)
    .slice(0, 2 + roll(4))
    .map((holder, place) => newClient(holder, place + 1, ports, roll));
  return { seed, hosts, jobs, ports, clients, steps: [] };
}

function newClient(
  holder: Holder,
  number: number,
  ports: readonly PlannedPort[],
  roll: Dice,
): Client {
  const chosen = shuffled(ports, roll).slice(0, 1 + roll(3));
  const rights = chosen.map(({ port }) => ({ right: `${port}${number}`, port }));
  return { holder, replyPort: `r${number}`, rights };
}

function setUp({ seed, hosts, jobs, ports, clients, steps }: World): void {
  const roll = dice(seed, concerns.soakWorld + 1_000);
  for (const job of jobs) steps.push({ at: job * ms, do: "run", job, host: pick(hosts, roll) });
  for (const [place, { port, on }] of ports.entries()) {
    steps.push({ at: 60 * ms + place * ms, do: "port", port, on, queue: 1 + roll(5) });
  }
  for (const [place, { holder, replyPort, rights }] of clients.entries()) {
    const at = 70 * ms + place * ms;
    steps.push({ at, do: "port", port: replyPort, on: holder, queue: 1 + roll(5) });
    for (const { right, port } of rights) {
      steps.push({ at: at + 20 * ms, do: "right", kind: "send", port, to: holder, right });
    }
  }
}

/** Bursts of texts, each burst by one thread; most are received, requests are answered. */
function addMessages(world: World): void {
  const { seed, clients, steps } = world;
  const roll = dice(seed, concerns.soakMessages);
  const receive = dice(seed, concerns.soakReceives);
  const count = 48 + roll(40);
  let made = 0;
  while (made < count) {
    const client = pick(clients, roll);
    const { right, port } = pick(client.rights, roll);
    const thread = 1 + roll(3);
    // The first forty come before any crash.
    const at = setUpNs + within(roll, (made < 40 ? lateNs : endNs) - setUpNs);
    for (let burst = 1 + roll(4); burst > 0; burst--) {
      made++;
      const deed = newMessage(client, right, `m${made}`, thread, roll);
      steps.push({ at, ...deed });
      addReceive(steps, port, made, at, receive);
    }
  }
}

function newMessage(client: Client, to: string, text: string, thread: number, roll: Dice): Deed {
  const { holder: from, replyPort, rights } = client;
  const plain = { do: "message", to, text, from, thread } as const;
  switch (roll(12)) {
    case 0:
    case 1:
    case 2:
      return { ...plain, reply: replyPort };
    case 3:
      return { ...plain, carry: { kind: "send", right: pick(rights, roll).right } };
    case 4:
      return { ...plain, carry: { kind: "send", right: replyPort } };
    case 5:
      if (roll(3) === 0) return { ...plain, carry: { kind: "receive", right: replyPort } };
      return { ...plain, timeoutNs: roll(5) * 10 * ms };
    default:
      return plain;
  }
}

function addReceive(steps: Step[], port: string, number: number, at: number, roll: Dice): void {
  if (roll(8) === 0) return;
  const when = Math.min(endNs, at + roll(40) * ms);
  const [reply, right] = [`q${number}`, `z${number}`];
  steps.push({ at: when, do: "receive", port, reply, right });
  const later = Math.min(endNs, when + roll(40) * ms);
  if (roll(8) !== 0) steps.push({ at: later, do: "answer", reply });
  if (roll(2) !== 0) steps.push({ at: later, do: "drop", right });
}

/** Each goes from where the ones before it have left the port, or the job, to another host. */
function addMoves({ seed, hosts, jobs, ports, clients, steps }: World): void {
  const roll = dice(seed, concerns.soakMoves);
  const own = ports.filter(({ on }) => "host" in on).map(({ port }) => port);
  const places = new Map(steps.flatMap(placesIn));
  const times = Array.from({ length: 6 + roll(6) }, (_, made) => {
    return setUpNs + within(roll, (made < 5 ? lateNs : endNs) - setUpNs);
  });
  for (const at of times.sort((a, b) => a - b)) {
    const job = jobs.length > 0 && roll(3) === 0 ? pick(jobs, roll) : null;
    const port = roll(8) === 0 ? pick(clients, roll).replyPort : pick(own, roll);
    const mover = job === null ? port : `%${job}`;
    const others = hosts.filter((name) => name !== places.get(mover));
    const host = pick(others, roll);
    places.set(mover, host);
    steps.push(job === null ? { at, do: "move", port, host } : { at, do: "migrate", job, host });
  }
}

/** Where ports and jobs begin. */
function placesIn(step: Step): readonly (readonly [string, string])[] {
  if (step.do === "run") return [[`%${step.job}`, step.host]];
  return step.do === "port" && "host" in step.on ? [[step.port, step.on.host]] : [];
}

/** Rights end, are given on as send-once rights, and ports are destroyed: mostly late. */
function addRightsWork({ seed, hosts, ports, clients, steps }: World): void {
  const roll = dice(seed, concerns.soakRights);
  for (let number = 1 + roll(3); number > 0; number--) {
    const to = { host: pick(hosts, roll) };
    const at = setUpNs + within(roll, lateNs - setUpNs);
    const right = `o${number}`;
    const { port } = pick(ports, roll);
    steps.push({ at, do: "right", kind: "send-once", port, to, right });
    const then = Math.min(endNs, at + roll(100) * ms);
    if (roll(2) === 0) steps.push({ at: then, do: "drop", right });
    else steps.push({ at: then, do: "message", to: right, text: right, from: to, thread: 9 });
  }
  for (const { rights } of clients) {
    for (const { right } of rights) {
      if (roll(3) === 0)
        steps.push({ at: lateNs + within(roll, endNs - lateNs), do: "drop", right });
    }
  }
  if (roll(4) !== 0) return;
  steps.push({
    at: lateNs + within(roll, endNs - lateNs),
    do: "destroy",
    port: pick(ports, roll).port,
  });
}

/** What a fault breaks, its end mends; what is not mended in time is mended when all is healed. */
function addFaults({ seed, hosts, steps }: World): void {
  const roll = dice(seed, concerns.soakFaults);
  for (let left = roll(6); left > 0; left--) {
    const at = setUpNs + within(roll, endNs - setUpNs);
    const end = at + (1 + roll(80)) * ms;
    const [a = "", b = ""] = shuffled(hosts, roll);
    if (roll(3) === 0) {
      steps.push({ at, do: "pause", host: a }, { at: end, do: "continue", host: a });
    } else {
      const oneWay = roll(2) === 0;
      steps.push({ at, do: "cut", a, b, oneWay }, { at: end, do: "heal", a, b });
    }
  }
  if (roll(5) >= 2) return;
  for (let left = 1 + roll(2); left > 0; left--) {
    const host = pick(hosts, roll);
    const at = lateNs + within(roll, endNs - lateNs);
    steps.push({ at, do: "crash", host });
    if (roll(3) !== 0) steps.push({ at: at + (1 + roll(60)) * ms, do: "restart", host });
  }
}
