// What must hold of all rights on one host, whatever calls were made.

import { must } from "../../ports/base/index.ts";
import {
  type Message,
  nameTypes,
  portHere,
  type PortUid,
  type Right,
  type SpaceContext,
} from "../../ports/index.ts";
import type { OneHost } from "./one-host.ts";

/** Sentences about what is wrong; none when all is right. */
export function wrongs(world: OneHost): string[] {
  return [
    ...world.tasks.flatMap(wrongEntries),
    ...world.tasks.flatMap(wrongIndexes),
    ...wrongTransits(world),
    ...wrongOnce(world),
    ...circles(world),
  ];
}

/** An entry is one of Mach's five kinds, and what it says of itself fits. */
function wrongEntries({ ports, space, spaceId }: SpaceContext): string[] {
  const found: string[] = [];
  const { send, receive, once, set, dead } = nameTypes;
  const kinds = [send, receive, send | receive, once, set, dead];
  for (const { name, type, uid, references, transits, armed, ...entry } of space.entries.values()) {
    const say = (what: string): void => void found.push(`task ${spaceId}, ${name}: ${what}`);
    if (!kinds.includes(type)) say(`no kind ${type}`);
    if ((type & (send | once | dead)) === 0 ? references !== 0 : references < 1) say("references");
    if ((type & send) === 0 ? transits !== 0 : transits < 1) say(`${transits} transits`);
    if (type === once ? entry.once < 1 : entry.once !== 0) say("a send-once number");
    if (armed && (type === dead || type === set)) say("armed, and has no port");
    if ((type & receive) === 0 && entry.memberOf !== 0) say("a member without receive right");
    if (type === set || type === dead ? uid !== 0 : uid === 0) say("port");
    if (uid !== 0 && !portHere(ports, uid)) say("its port is dead and it is not");
    const owner = portHere(ports, uid)?.owner;
    const mine = owner?.kind === "space" && owner.id === spaceId;
    if (((type & receive) !== 0) !== (mine && type !== once && space.names.get(uid) === name)) {
      say("its receive right and the port's owner differ");
    }
  }
  return found;
}

function wrongIndexes({ space, spaceId }: SpaceContext): string[] {
  const found: string[] = [];
  const say = (what: string): void => void found.push(`task ${spaceId}: ${what}`);
  const { entries, names, onceNames, slots, free } = space;
  const { send, receive, once, set } = nameTypes;
  const all = [...entries.values()];
  const shared = all.filter(({ type }) => (type & (send | receive)) !== 0);
  if (shared.length !== names.size) say("index of ports");
  for (const { name, uid } of shared) if (names.get(uid) !== name) say(`index of port of ${name}`);
  const onces = all.filter(({ type }) => type === once);
  if (onces.length !== onceNames.size) say("index of send-once rights");
  if (entries.size + free.length + 1 !== slots.length) say("free indexes");
  for (const { name } of all) if (slots[name >>> 8] !== name) say(`slot of ${name}`);
  for (const { name, type, members } of all) {
    if (type !== set && members.length > 0) say(`${name} has members`);
    for (const one of members) if (entries.get(one)?.memberOf !== name) say(`member ${one}`);
  }
  for (const { name, memberOf } of all) {
    if (memberOf !== 0 && !entries.get(memberOf)?.members.includes(name)) say(`set of ${name}`);
  }
  return found;
}

/** Messages that nobody has received: in queues, and of sends without an outcome. */
function messages({
  ports,
}: OneHost): readonly { readonly message: Message; readonly to: PortUid }[] {
  const queued = [...ports.table.values()].flatMap((port) =>
    port.where === "here" ? port.queue.map((message) => ({ message, to: port.uid })) : [],
  );
  return [...queued, ...[...ports.sends.values()].map(({ message, to }) => ({ message, to }))];
}

function rightsIn(message: Message): readonly Right[] {
  return message.reply ? [message.reply, ...message.rights] : message.rights;
}

/** Transits given out = in entries + in messages. */
function wrongTransits(world: OneHost): string[] {
  const held = new Map<PortUid, number>();
  const add = (uid: PortUid, transits: number): void =>
    void held.set(uid, (held.get(uid) ?? 0) + transits);
  for (const { space } of world.tasks) {
    for (const { uid, transits } of space.entries.values()) if (transits > 0) add(uid, transits);
  }
  for (const { message } of messages(world)) {
    for (const { kind, uid, count } of rightsIn(message)) if (kind === "send") add(uid, count ?? 0);
  }
  const found: string[] = [];
  for (const port of world.ports.table.values()) {
    if (port.where !== "here") continue;
    const given = must(port.counted, "a counted port").transits;
    const there = held.get(port.uid) ?? 0;
    if (given !== there) found.push(`port ${port.uid}: ${given} transits given, ${there} there`);
  }
  return found;
}

/** Every send-once right that exists is in one place: and every one in a place exists. */
function wrongOnce(world: OneHost): string[] {
  const places: string[] = [];
  const add = (uid: PortUid, count: number | undefined): void => {
    if (portHere(world.ports, uid)) places.push(`${uid} ${count ?? "-"}`);
  };
  for (const { space } of world.tasks) {
    for (const { uid, type, once, armed } of space.entries.values()) {
      if (type === nameTypes.once) add(uid, once);
      if (armed) add(armed.uid, armed.count);
    }
  }
  for (const port of world.ports.table.values()) {
    const asked = port.where === "here" ? port.counted?.noSenders : null;
    if (asked) add(asked.uid, asked.count);
  }
  for (const { message } of messages(world)) {
    for (const { kind, uid, count } of rightsIn(message)) if (kind === "send-once") add(uid, count);
  }
  for (const { to, message } of world.ports.sends.values()) {
    if (message.via !== undefined) add(to, message.via);
  }
  const exist = [...world.ports.table.values()].flatMap((port) =>
    port.where === "here" ? [...(port.counted?.once ?? [])].map((one) => `${port.uid} ${one}`) : [],
  );
  places.sort();
  exist.sort();
  return places.join() === exist.join() ? [] : [`send-once: ${places.join()} / ${exist.join()}`];
}

/** No port lies where only a receive right in its own queue, or behind it, could fetch it from. */
function circles({ ports }: OneHost): string[] {
  return [...ports.table.keys()]
    .filter((uid) => {
      const seen = new Set<PortUid>();
      let at: PortUid | undefined = uid;
      while (at !== undefined && !seen.has(at)) {
        seen.add(at);
        at = portHere(ports, at)?.counted?.travel?.destination;
      }
      return at !== undefined;
    })
    .map((uid) => `port ${uid} travels in a circle`);
}

/** Of the trace: each send-once right that was made gave one message or notification, or its port
 *  is dead, or the right exists still. */
export function wrongUses({ ports, events }: OneHost): string[] {
  const open = new Map<string, Set<number>>();
  const found: string[] = [];
  for (const { event, ids } of events) {
    const port = String(ids["port"]);
    const count = Number(ids["count"]);
    if (event === "port.made") open.set(port, new Set());
    else if (event === "port.dead") open.delete(port);
    else if (event === "right.made" && ids["kind"] === "send-once") open.get(port)?.add(count);
    else if (event === "right.used" && !open.get(port)?.delete(count)) {
      found.push(`${port}: send-once right ${count} used, and did not exist`);
    }
  }
  const left = [...open.values()].reduce((sum, set) => sum + set.size, 0);
  const exist = [...ports.table.values()].reduce(
    (sum, port) => sum + (port.where === "here" ? (port.counted?.once.size ?? 0) : 0),
    0,
  );
  if (left !== exist) found.push(`${left} send-once rights unused, ${exist} exist`);
  return found;
}

/** Requests for dead names end in one of three ways: armed, dead-name sent, port-deleted sent. */
export function armedNow({ tasks }: OneHost): number {
  const armed = tasks.flatMap(({ space }) =>
    [...space.entries.values()].filter((one) => one.armed),
  );
  return armed.length;
}
