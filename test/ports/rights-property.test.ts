// Goal: no sequence of calls, with whatever arguments, loses, doubles or forges a right; and a call
// that is refused has changed nothing.
// Method: 12,000 random calls of three tasks on one host a run; after each all rights are counted,
// and after a refused one everything that there is has to be as it was, to the byte.

import test, { type ExecutionContext } from "ava";
import { fc, testProp } from "@fast-check/ava";
import { encodePlain } from "../../ports/base/index.ts";
import {
  acquireTransits,
  copyout,
  dropRight,
  endSpace,
  type Incoming,
  kern,
  machReceive,
  machSend,
  nameTypes,
  type OutPart,
  portAllocate,
  portDeallocate,
  portDestroy,
  portExtractRight,
  portGetRefs,
  portGetSetMembers,
  portGetStatus,
  portInsertNamed,
  portInsertRight,
  portModRefs,
  portMoveMember,
  type PortName,
  portRequestNotification,
  portSetMscount,
  portSetQlimit,
  portType,
  rightKinds,
  sendCodes,
  type SpaceContext,
  takeBack,
} from "../../ports/index.ts";
import { advance, createOneHost, give, newPort, type OneHost, settle, task } from "./one-host.ts";
import { armedNow, wrongs, wrongUses } from "./rights-invariants.ts";

const { send, receive, once } = nameTypes;
const toSend = send | once;

interface Call {
  readonly pid: number;
  readonly which: number;
  readonly numbers: readonly number[];
}

const call = fc.record({
  pid: fc.integer({ min: 1, max: 3 }),
  which: fc.nat(999),
  numbers: fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
});

interface Run extends OneHost {
  /** Dead-name requests that were granted, and those that were given back. */
  asked: number;
  givenBack: number;
}

/** What a call answered; undefined: it cannot be refused. */
type Outcome = number | undefined;
type Act = (run: Run, self: SpaceContext, numbers: readonly number[]) => Outcome;

/** Mostly a name that the task has, of a kind that makes sense; else a stale or an invented one. */
function nameFrom({ space }: SpaceContext, number: number = 0, kinds: number = -1): PortName {
  const all = [...space.entries.values()];
  const fit = all.filter(({ type }) => (type & kinds) !== 0);
  const names = (fit.length > 0 && number % 8 !== 7 ? fit : all).map(({ name }) => name);
  if (number % 32 === 0) return [0, 0xffffffff, 0x100, 0x10203, number][(number >> 5) % 5] ?? 0;
  if (number % 32 === 1) return (names[number % Math.max(1, names.length)] ?? 0) + 1;
  return names[(number >> 3) % Math.max(1, names.length)] ?? 0x100;
}

/** Mostly one that the name's rights allow. */
function dispositionFrom({ space }: SpaceContext, name: PortName, number: number = 0): number {
  const type = space.entries.get(name)?.type ?? 0;
  if (number % 8 === 0) return 15 + ((number >> 3) % 8);
  const choice = (number >> 3) % 8;
  if (type === once) return 18;
  if ((type & receive) !== 0 && ((type & send) === 0 || choice % 2 === 0)) {
    return choice === 6 ? 16 : choice % 4 < 2 ? 20 : 21;
  }
  return choice < 4 ? 17 : 19;
}

const acts: readonly (readonly [weight: number, act: Act])[] = [
  [3, (_, self, [a = 0]) => portAllocate(self, rightKinds[a % 8 < 4 ? 1 : a % 5] ?? "send").code],
  [6, (_, self, [a]) => portDeallocate(self, nameFrom(self, a))],
  [1, (_, self, [a]) => portDestroy(self, nameFrom(self, a))],
  [8, modRefs],
  [8, insertNamed],
  [20, giveAway],
  [6, (_, self, [a, b]) => portMoveMember(self, nameFrom(self, a, receive), setFrom(self, b))],
  [10, request],
  [2, (_, self, [a, b = 0]) => portSetQlimit(self, nameFrom(self, a), (b % 20) - 1)],
  [2, (_, self, [a, b = 0]) => portSetMscount(self, nameFrom(self, a), b - 100)],
  [4, look],
  [40, sendSome],
  [15, receiveSome],
  [1, die],
];

/** A set, or NULL to leave one. */
function setFrom(self: SpaceContext, number: number = 0): PortName {
  return number % 4 === 0 ? 0 : nameFrom(self, number, nameTypes.set);
}

function modRefs(_: Run, self: SpaceContext, [a, b = 0, c = 0]: readonly number[]): Outcome {
  const deltas = [-1, 1, 1, 0, 1, 2, -2, 65533, 65535, -65535];
  return portModRefs(self, nameFrom(self, a), rightKinds[b % 5] ?? "send", deltas[c % 10] ?? 0);
}

function insertNamed(_: Run, self: SpaceContext, numbers: readonly number[]): Outcome {
  const [a, b, c = 0] = numbers;
  const name = nameFrom(self, b);
  const from = { name, disposition: dispositionFrom(self, name, c) };
  const result = portInsertNamed(self, c % 2 === 0 ? name : nameFrom(self, a), from);
  return typeof result === "number" ? result : acquire(self, result);
}

/** A right leaves one task for another, under a name of its choice or of the other's. */
function giveAway(run: Run, self: SpaceContext, numbers: readonly number[]): Outcome {
  const [a, b, c = 0, d = 0] = numbers;
  const name = nameFrom(self, a);
  const taken = portExtractRight(self, name, dispositionFrom(self, name, b));
  if (!("code" in taken)) return acquire(self, taken);
  if (!taken.right) return taken.code;
  const other = task(run, 1 + (c % 3));
  if (d % 4 > 0) copyout(other, taken.right);
  else if (portInsertRight(other, nameFrom(other, d), taken.right) !== 0) {
    dropRight(self.ports, taken.right);
  }
  return undefined;
}

function acquire(self: SpaceContext, wanted: object): Outcome {
  if (!("acquire" in wanted)) throw new Error("on one host no port is under way");
  acquireTransits(self.ports, Number(wanted.acquire), self.spaceId, self.host);
  return undefined;
}

function request(run: Run, self: SpaceContext, numbers: readonly number[]): Outcome {
  const [a, b = 0, c = 0, d] = numbers;
  const taken = portExtractRight(self, nameFrom(self, d, receive), b % 16 === 0 ? 20 : 21);
  const notify = "right" in taken ? taken.right : null;
  const which = (["dead-name", "dead-name", "no-senders", "port-destroyed"] as const)[b % 4];
  const name = nameFrom(self, a, which === "no-senders" ? receive : toSend);
  const asked = { name, which: which ?? "dead-name", sync: c % 3, notify };
  const before = snapshot(run);
  const { code, previous } = portRequestNotification(self, asked);
  if (code !== 0 && !before.equals(snapshot(run)))
    throw new Error(`request ${code} changed things`);
  const over = code === 0 ? previous : notify;
  if (code === 0 && which === "dead-name") {
    run.asked += notify ? 1 : 0;
    run.givenBack += previous ? 1 : 0;
  }
  if (over) dropRight(self.ports, over);
  return undefined;
}

function look(_: Run, self: SpaceContext, [a, b = 0]: readonly number[]): Outcome {
  const name = nameFrom(self, a);
  portGetRefs(self, name, rightKinds[b % 5] ?? "send");
  portGetStatus(self, name);
  portGetSetMembers(self, name);
  return portType(self, name).code || -1; // changes nothing either when it works
}

function partFrom(self: SpaceContext, kind: number, a: number, b: number): OutPart {
  if (kind % 3 === 0) return { kind: "memory", bytes: new Uint8Array(a % 5) };
  const name = nameFrom(self, a);
  const disposition = dispositionFrom(self, name, b);
  if (kind % 3 === 1) return { kind: "port", name, disposition };
  return { kind: "ports", names: [name, b % 2 === 0 ? name : nameFrom(self, b), 0], disposition };
}

function sendSome(_: Run, self: SpaceContext, numbers: readonly number[]): Outcome {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = numbers;
  const parts = Array.from({ length: e % 3 }, (__, i) => partFrom(self, f + i, g + i, h + i));
  const remote = nameFrom(self, a, toSend);
  const local = c % 3 === 0 ? 0 : c % 3 === 1 ? remote : nameFrom(self, c);
  const out = {
    remote,
    remoteDisposition: b % 3 === 0 ? 19 : dispositionFrom(self, remote, b),
    local,
    localDisposition: local === 0 ? 0 : dispositionFrom(self, local, d),
    number: e,
    bytes: new Uint8Array(0),
    parts,
  };
  const timeoutNs = [0, 0, 1, null][f % 4] ?? null;
  const sender = { pid: self.spaceId, tid: self.spaceId };
  const result = machSend(self, sender, out, { timeoutNs });
  if (!("done" in result)) return acquire(self, result);
  // A send that timed out has been taken back: names may differ.
  if (!result.done || result.code === sendCodes.timedOut) return undefined;
  return result.code;
}

function receiveSome(_: Run, self: SpaceContext, [a]: readonly number[]): Outcome {
  const name = nameFrom(self, a, receive | nameTypes.set);
  const result = machReceive(self, name, { pid: self.spaceId, tid: self.spaceId });
  if ("code" in result) return result.code;
  return "message" in result ? wellFormed(result.message) : -1;
}

function wellFormed({ remote, remoteType, parts }: Incoming): Outcome {
  if (remote === 0 && remoteType !== 0) throw new Error("a reply right without a name");
  if (parts.some((part) => part.kind === "port" && ![16, 17, 18].includes(part.type))) {
    throw new Error("a part of no type");
  }
  return undefined;
}

function die(_: Run, self: SpaceContext, [a = 0]: readonly number[]): Outcome {
  if (a % 8 === 0) endSpace(self);
  return undefined;
}

const snapshot = ({ ports, tasks }: OneHost): Buffer =>
  Buffer.from(encodePlain([ports, tasks.map(({ space }) => space)]).slice());

const weights = acts.reduce((sum, [weight]) => sum + weight, 0);

function actOf(which: number): Act {
  let left = which % weights;
  for (const [weight, act] of acts) {
    if (left < weight) return act;
    left -= weight;
  }
  throw new Error("no act");
}

function perform(run: Run, { pid, which, numbers }: Call): void {
  const self = task(run, pid);
  const before = snapshot(run);
  const outcome = settle(self, actOf(which)(run, self, numbers));
  if (outcome !== undefined && outcome !== kern.success && !before.equals(snapshot(run))) {
    throw new Error(`code ${outcome} has changed something`);
  }
  if (numbers[7] === 0 || run.timers.length > 8) advance(run, 1);
  for (const { sender, returned } of run.ended.splice(0)) {
    const to = task(run, sender.pid);
    if (returned) settle(to, takeBack(to, returned, 0));
  }
}

function check(t: ExecutionContext, calls: readonly Call[]): void {
  const run: Run = Object.assign(createOneHost(3), { asked: 0, givenBack: 0 });
  for (const self of run.tasks) {
    const name = newPort(self);
    for (const other of run.tasks) give(self, name, 20, other);
  }
  for (const one of calls) {
    perform(run, one);
    t.deepEqual(wrongs(run), []);
  }
  t.deepEqual(wrongUses(run), []);
  const told = run.events.filter(
    ({ event, ids }) =>
      event === "notify.sent" && ["dead-name", "port-deleted"].includes(String(ids["kind"])),
  );
  t.is(run.asked, run.givenBack + armedNow(run) + told.length, "armed, dead-name or port-deleted");
  for (const self of run.tasks) settle(self, endSpace(self));
  t.is(run.ports.table.size, 0, "all ports die with their tasks");
}

testProp(
  "rights: any calls with any arguments: none is lost, doubled or forged, refused ones change nothing",
  [fc.array(call, { minLength: 400, maxLength: 400, size: "max" })],
  check,
  { numRuns: 30, interruptAfterTimeLimit: 120_000 },
);

test("rights: the checks: each finds what is planted for it", (t) => {
  const world = createOneHost(1);
  const self = task(world, 1);
  const { name } = portAllocate(self, "receive");
  settle(self, portInsertNamed(self, name, { name, disposition: 20 }));
  settle(self, portInsertNamed(self, 0x900, { name, disposition: 21 }));
  t.deepEqual(wrongs(world), []);
  const [first, second] = [self.space.entries.get(name), self.space.entries.get(0x900)];
  if (!first || !second) return void t.fail();
  first.transits--;
  t.regex(wrongs(world).join(), /transits given/);
  first.transits++;
  second.once++;
  t.regex(wrongs(world).join(), /send-once/);
  second.once--;
  first.references = 0;
  t.regex(wrongs(world).join(), /references/);
  first.references = 1;
  world.events.push({ event: "right.used", ids: { port: "h1.1.16", count: 99 } });
  t.regex(wrongUses(world).join(), /did not exist/);
});
