// Goal: whatever a guest passes to the calls on ports, it gets a code or waits: the kernel asserts
// nothing about guests, a refused call changes nothing, no right comes from nowhere, and what another
// task has is not touched.
// Method: thousands of calls a run with arguments near the truth and far from it, by two threads of a
// task with ports, sets, dead names and messages; beside it is a task that does nothing.

import test from "ava";
import { fc } from "@fast-check/ava";
import { endTask } from "../../../kernel/task/life.ts";
import { kernelCalls } from "../../../kernel/index.ts";
import { disarm } from "../../../kernel/task/wait.ts";
import { framesFree } from "../../../kernel/vm/index.ts";
import { encodePlain } from "../../../ports/base/index.ts";
import { portHere, type Right, type SpaceEntry } from "../../../ports/index.ts";
import { codeAddress, createLoneHost, dataAddress, dataPages } from "../lone-host.ts";
import {
  answerAt,
  anotherThread,
  bufferAt,
  call,
  type CallName,
  createGuest,
  give,
  type Guest,
  kind,
  messageAt,
  newPort,
  newPortToSend,
  read,
  write,
} from "./port-world.ts";

const callsInAll = 12_000;
const callsInAWorld = 400;
const portCalls = kernelCalls.filter(({ number }) => number <= -20).map(({ name }) => name);
const dataEnd = dataAddress + dataPages * 4096;

/** An argument: a number, or a name that the task has or had, by its place in a list of them. */
const choice = fc.oneof(
  { weight: 6, arbitrary: fc.nat(60).map((place) => ({ place })) },
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 24 }).map((value) => ({ value })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(answerAt, bufferAt, messageAt, messageAt + 1, dataEnd - 20, codeAddress, 0)
      .map((value) => ({ value })),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        fc.maxSafeInteger(),
        fc.constantFrom(-(2 ** 63), 2 ** 31, 2 ** 32, 2 ** 33 + 256, 2 ** 62, 65535 * 256),
      )
      .map((value) => ({ value })),
  },
);
type Choice = typeof choice extends fc.Arbitrary<infer Value> ? Value : never;

const disposition = fc.integer({ min: 15, max: 22 });
const address = fc
  .constantFrom(answerAt, answerAt + 256, bufferAt, dataEnd - 20)
  .map((value) => ({ value }));
const name = fc.nat(60).map((place) => ({ place }));
const small = fc.integer({ min: -2, max: 8 }).map((value) => ({ value }));
const right = fc.constantFrom(0, 1, 1, 2, 3, 4, 5).map((value) => ({ value }));
const way = disposition.map((value) => ({ value }));
const onceWay = fc.constantFrom(21, 21, 18, 20).map((value) => ({ value }));
const notification = fc.constantFrom(70, 72, 72, 69).map((value) => ({ value }));

const nowhere = fc.constantFrom(0, 0, 0x4000_0000, dataAddress).map((value) => ({ value }));
const bytes = fc.constantFrom(1, 4096, 5 * 4096).map((value) => ({ value }));
const offset = fc.constantFrom(0, 0, 4096, 100).map((value) => ({ value }));
const flags = fc.constantFrom(1, 3, 0x13, 0x203, 0x303, 0x1000).map((value) => ({ value }));

/** What each call takes: most arguments are of that kind, the others are anything. */
const takes: Readonly<Record<CallName, readonly fc.Arbitrary<Choice>[]>> = {
  port_allocate: [right, address],
  port_deallocate: [name],
  port_destroy: [name],
  port_mod_refs: [name, right, small],
  port_insert_right: [name, name, way],
  port_move_member: [name, name],
  port_request_notification: [name, notification, small, name, onceWay, address],
  port_names: [address, address, address],
  port_type: [name, address],
  port_get_refs: [name, right, address],
  port_get_status: [name, address],
  port_set_qlimit: [name, small],
  port_set_mscount: [name, small],
  port_get_set_members: [name, address, address],
  vm_map: [nowhere, bytes, name, offset, flags, small],
};

function argumentsOf(call_: CallName): fc.Arbitrary<readonly Choice[]> {
  const meant = takes[call_] ?? [];
  const any = [0, 1, 2, 3, 4, 5].map((place) => {
    const kindOf = meant[place];
    return kindOf ? fc.oneof({ weight: 9, arbitrary: kindOf }, choice) : choice;
  });
  // A right is inserted under the port's own name as often as under another.
  const twice = fc.boolean().map((same) => same && call_ === "port_insert_right");
  return fc
    .tuple(twice, fc.tuple(...any))
    .map(([same, all]) => all.map((one, at) => (same && at === 1 ? (all[0] ?? one) : one)));
}

/** The two that end much are made less often than the others. */
const called = portCalls.flatMap((one) =>
  one === "port_destroy" || one === "reply_port" ? [one] : [one, one, one],
);
const random = fc.constantFrom(...called).chain((one) =>
  fc.record({
    kind: fc.constant("random" as const),
    name: fc.constant(one),
    second: fc.boolean(),
    arguments: argumentsOf(one),
  }),
);
/** Messages that are nearly right; those of random bytes seldom are. */
const message = fc.record({
  kind: fc.constant("message" as const),
  second: fc.boolean(),
  options: fc.constantFrom(0x11, 0x13, 0x112, 0x103, 0x113, 0x102, 0x1, 0x2, 0x116),
  header: fc.tuple(
    fc.oneof({ weight: 9, arbitrary: name }, choice),
    disposition,
    fc.oneof({ weight: 9, arbitrary: name }, choice),
    fc.oneof(fc.constant(0), disposition),
  ),
  parts: fc.array(fc.tuple(fc.nat(3), fc.oneof(name, address, choice), disposition, fc.nat(3)), {
    maxLength: 2,
  }),
  receive: fc.oneof({ weight: 9, arbitrary: name }, choice),
  timeout: fc.constantFrom(0, 1000, -1),
});
const step = fc.oneof({ weight: 3, arbitrary: random }, { weight: 2, arbitrary: message });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface World {
  readonly guest: Guest;
  readonly second: Guest;
  readonly bystander: Guest;
  readonly names: number[];
  /** What the bystander had at first. */
  readonly untouched: readonly unknown[];
}

function createWorld(): World {
  const guest = createGuest(createLoneHost(1, 8 << 20));
  const bystander = createGuest(guest.lone);
  const names = [newPort(guest), newPort(guest), newPortToSend(guest), newPortToSend(guest)];
  for (const right of [kind.set, kind.dead]) {
    call(guest, "port_allocate", right, answerAt);
    names.push(256 * (names.length + 1));
  }
  const theirs = newPort(bystander);
  names.push(give(bystander, theirs, guest));
  give(guest, names[0] ?? 0, bystander);
  write(bystander, dataAddress, new Uint8Array(64).fill(0xa5));
  const [port, right] = [...bystander.task.space.entries.values()];
  // The right may become a dead name, but under the same name and as often.
  const untouched = structuredClone([port, right?.name, right?.references]);
  return { guest, second: anotherThread(guest), bystander, names, untouched };
}

function valueOf({ names }: World, one: Choice): number {
  return "value" in one ? one.value : (names[one.place % names.length] ?? 0);
}

/** Writes the message as it is meant, whatever that comes to. */
function layMessage(world: World, one: Extract<Step, { kind: "message" }>): number {
  const [remote, remoteHow, reply, replyHow] = one.header;
  const view = new DataView(new ArrayBuffer(28 + one.parts.length * 16));
  const complex = one.parts.length > 0 ? 0x80000000 : 0;
  view.setUint32(0, complex + remoteHow + (replyHow << 8), true);
  view.setUint32(8, valueOf(world, remote) >>> 0, true);
  view.setUint32(12, replyHow === 0 ? 0 : valueOf(world, reply) >>> 0, true);
  view.setUint32(24, one.parts.length, true);
  let at = 28;
  for (const [type, what, dispositionOf, extent] of one.parts) {
    const value = valueOf(world, what);
    view.setUint8(at + 10, dispositionOf);
    view.setUint8(at + 11, type);
    if (type === 0) {
      view.setUint32(at, value >>> 0, true);
      at += 12;
      continue;
    }
    view.setBigUint64(at, BigInt.asUintN(64, BigInt(Math.trunc(value))), true);
    view.setUint8(at + 8, extent === 3 ? 1 : 0);
    view.setUint32(at + 12, extent * (type === 1 ? 1500 : 3), true);
    at += 16;
  }
  write(world.guest, messageAt, new Uint8Array(view.buffer, 0, Math.max(24, at)));
  return one.parts.length > 0 ? at : 24;
}

/** A thread that waits is taken out of its wait: it is to make the next call. A send goes on. */
function release({ lone, task, thread }: Guest): void {
  if (thread.state.at !== "waiting") return;
  const { kernel } = lone;
  disarm(kernel, thread);
  const at = task.space.receivers.findIndex(({ tid }) => tid === thread.tid);
  if (at >= 0) task.space.receivers.splice(at, 1);
  thread.state = { at: "runnable" };
}

interface Counts {
  made: number;
  refused: number;
  waits: number;
  /** Calls that have worked, by name. */
  readonly worked: Map<CallName, number>;
}

/** Calls that only look, or whose code may come after something was done (a receive, say). */
const mayAnswerLate: readonly CallName[] = ["port_message"];

function perform(world: World, one: Step, counts: Counts): void {
  const by = one.second ? world.second : world.guest;
  if (!restoreMemory(world)) return;
  const name = one.kind === "message" ? "port_message" : one.name;
  const args =
    one.kind === "message"
      ? [messageAt, one.options, layMessage(world, one), 2000, valueOf(world, one.receive)]
      : one.arguments.map((argument) => valueOf(world, argument));
  if (one.kind === "message") args.push(one.timeout);
  const before = snapshot(by);
  const result = call(by, name, ...args);
  counts.made++;
  if (result === "waits") {
    counts.waits++;
    release(by);
  } else if (result !== 0 && !mayAnswerLate.includes(name) && !answersName(name, result)) {
    counts.refused++;
    if (!before.equals(snapshot(by))) throw new Error(`${name} refused with ${result} and changed`);
  } else if (result === 0 || answersName(name, result)) {
    counts.worked.set(name, (counts.worked.get(name) ?? 0) + 1);
  }
  noteNames(world);
}

/** Calls that return a name, or an address. */
const answersName = (name: CallName, result: number | string): boolean =>
  name === "reply_port" || name === "bootstrap_port" || (name === "vm_map" && Number(result) > 0);

function snapshot({ task }: Guest): Buffer {
  const { entries, receivers, names } = task.space;
  const sorted = [...entries.values()].sort((a, b) => a.name - b.name);
  return Buffer.from(
    encodePlain({ sorted, receivers, names: [...names].sort(([a], [b]) => a - b) }),
  );
}

/** A message may have unmapped the guest's own data. */
function restoreMemory(world: World): boolean {
  try {
    write(world.guest, dataAddress, new Uint8Array(1));
    write(world.guest, messageAt, new Uint8Array(1));
    write(world.guest, dataEnd - 1, new Uint8Array(1));
    return true;
  } catch {
    return false;
  }
}

/** The names that the task has now, and some that it had. */
function noteNames({ guest, names }: World): void {
  const now = [...guest.task.space.entries.keys()].slice(-50);
  const before = names.filter((one) => !now.includes(one)).slice(-6);
  names.splice(0, names.length, ...now, ...before);
  if (now.length < 6) newPortToSend(guest);
}

/** Transits in spaces and messages are those that the ports have given out: none is made up. */
function forged({ guest, bystander }: World): string[] {
  const { ports } = guest.lone.kernel.state;
  const held = new Map<number, number>();
  const add = (uid: number, transits: number): void =>
    void held.set(uid, (held.get(uid) ?? 0) + transits);
  const addRight = ({ kind: what, uid, count }: Right): void => {
    if (what === "send") add(uid, count ?? 0);
  };
  const addEntry = ({ uid, transits }: SpaceEntry): void => add(uid, transits);
  for (const { task } of [guest, bystander]) [...task.space.entries.values()].forEach(addEntry);
  const messages = [...ports.sends.values()].map(({ message: one }) => one);
  for (const port of ports.table.values()) if (port.where === "here") messages.push(...port.queue);
  for (const { reply, rights } of messages)
    [...rights, ...(reply ? [reply] : [])].forEach(addRight);
  return [...held].flatMap(([uid, transits]) => {
    const given = portHere(ports, uid)?.counted?.transits ?? 0;
    return transits > given && portHere(ports, uid) ? [`${uid}: ${transits} of ${given}`] : [];
  });
}

test("port calls: 12,000 with any arguments: a code or a wait; refused ones change nothing", (t) => {
  const counts: Counts = { made: 0, refused: 0, waits: 0, worked: new Map() };
  for (let round = 0; counts.made < callsInAll; round++) {
    t.true(round < 200, "worlds do not end early");
    const steps = fc.sample(step, { numRuns: callsInAWorld, seed: fcSeed() + round });
    const world = createWorld();
    const { guest, bystander } = world;
    const { kernel } = guest.lone;
    for (const one of steps) {
      perform(world, one, counts);
      if (!kernel.state.tasks.has(guest.task.pid)) break;
    }
    const wrong = forged(world);
    if (wrong.length > 0) t.deepEqual(wrong, [], `round ${round}`);
    const [port, right] = [...bystander.task.space.entries.values()];
    t.deepEqual([port, right?.name, right?.references], world.untouched);
    t.deepEqual(read(bystander, dataAddress, 64), new Uint8Array(64).fill(0xa5));
    for (const one of [guest, world.second]) release(one);
    for (const { task } of [guest, bystander]) {
      if (!kernel.state.tasks.has(task.pid)) continue;
      endTask(kernel, task, { status: 0, signal: 9, lost: null });
    }
    t.is(kernel.state.sleepers, 0);
    t.is(kernel.state.objects.all.size, 0);
    t.is(framesFree(kernel.state.frames), kernel.state.frames.limit);
  }
  t.true(counts.refused > 1000, `${counts.refused} were refused`);
  t.true(counts.made - counts.refused > 2000, "many work");
  t.true(counts.waits > 50, `${counts.waits} waited`);
  for (const name of portCalls) t.true((counts.worked.get(name) ?? 0) > 0, `${name} has worked`);
});

/** The project's seed for random tests, or one that fast-check draws and prints. */
function fcSeed(): number {
  return fc.readConfigureGlobal().seed ?? 1;
}
