// A command of a recording as JSON and back: one line each.
//
//   {"at":1000000,"n":4,"host":"h2","do":"cut","peer":"h3"}
//   {"at":0,"n":0,"host":"h1","do":"order","to":"control","message":{"op":"control.spawn",…}}
//
// The fields of a message come from its row in the tables of interfaces.

import {
  allOps,
  type HostId,
  hostName,
  type Message,
  type Op,
  opByName,
  parseHostName,
  type PortUid,
  type Right,
  wellKnownPort,
} from "../ports/index.ts";
import type { WorldCommand } from "./inputs.ts";
import type { LoggedCommand } from "./recording.ts";
import {
  field,
  type JsonObject,
  Malformed,
  type Read,
  readBytes,
  readCount,
  readFlag,
  readList,
  readNumber,
  readObject,
  readOrNull,
  readString,
  readWord,
  writeBytes,
} from "./recording-json.ts";

/** Where the operator's orders enter, and of which interfaces they are. */
const takes = { control: ["control", "agent"], console: ["console"], pipes: ["pipes"] } as const;
type Door = keyof typeof takes;
const doors = Object.keys(takes) as readonly Door[];

export function writeCommand({ time, number, host, command }: LoggedCommand): JsonObject {
  return { at: time, n: number, host: hostName(host), ...writeWorld(host, command) };
}

function writeWorld(host: HostId, command: WorldCommand): JsonObject {
  switch (command.do) {
    case "order":
      return {
        do: "order",
        to: doorOf(host, command.to),
        message: writeMessage(command.message),
      };
    case "cut":
    case "heal":
      return { do: command.do, peer: hostName(command.peer) };
    case "delay":
      return { do: "delay", peer: hostName(command.peer), ns: command.ns };
    case "drop":
      return { do: "drop", peer: hostName(command.peer), ppm: command.ppm };
    case "crash":
    case "restart":
    case "pause":
    case "continue":
      return { do: command.do };
  }
}

function doorOf(host: HostId, to: PortUid): Door {
  const door = doors.find((name) => wellKnownPort(host, name) === to);
  if (!door) throw new Malformed(`port ${to} takes no orders`);
  return door;
}

/** The inverse of `writeCommand`, for a cluster of so many hosts. */
export function readCommand(value: unknown, hosts: number): LoggedCommand {
  const object = readObject(value, "the line");
  const host = field(object, "host", readHost(hosts));
  return {
    time: field(object, "at", readCount),
    number: field(object, "n", readCount),
    host,
    command: readWorld(object, host, hosts),
  };
}

const worldWords = [
  ...(["order", "crash", "restart", "pause", "continue"] as const),
  ...(["cut", "heal", "delay", "drop"] as const),
];

function readWorld(object: JsonObject, host: HostId, hosts: number): WorldCommand {
  const word = field(object, "do", readWord(worldWords));
  switch (word) {
    case "order": {
      const door = field(object, "to", readWord(doors));
      const message = field(object, "message", readMessage);
      if (!takes[door].some((name) => message.op.startsWith(`${name}.`))) {
        throw new Malformed(`"message" is ${message.op}, which ${door} does not take`);
      }
      return { do: "order", to: wellKnownPort(host, door), message };
    }
    case "cut":
    case "heal":
      return { do: word, peer: field(object, "peer", readPeer(host, hosts)) };
    case "delay":
      return {
        do: "delay",
        peer: field(object, "peer", readPeer(host, hosts)),
        ns: field(object, "ns", readCount),
      };
    case "drop":
      return {
        do: "drop",
        peer: field(object, "peer", readPeer(host, hosts)),
        ppm: field(object, "ppm", readNumber(0, 1_000_000)),
      };
    case "crash":
    case "restart":
    case "pause":
    case "continue":
      return { do: word };
  }
}

function readHost(hosts: number): Read<HostId> {
  return (value, what) => {
    const id = parseHostName(readString(value, what));
    if (id === undefined || id > hosts) {
      throw new Malformed(`${what} is ${JSON.stringify(value)}, and no host`);
    }
    return id;
  };
}

function readPeer(host: HostId, hosts: number): Read<HostId> {
  const read = readHost(hosts);
  return (value, what) => {
    const peer = read(value, what);
    if (peer === host) throw new Malformed(`${what} is the host itself`);
    return peer;
  };
}

export function writeMessage({ op, id, reply, rights, body, via }: Message): JsonObject {
  const fields = Object.keys(opByName(op).body).map((name) => {
    const value = body[name];
    return [name, value instanceof Uint8Array ? writeBytes(value) : value];
  });
  const message = { op, id, reply: reply && writeRight(reply), rights: rights.map(writeRight) };
  const whole = { ...message, body: Object.fromEntries(fields) as JsonObject };
  return via === undefined ? whole : { ...whole, via };
}

function writeRight({ kind, uid, count }: Right): JsonObject {
  return count === undefined ? { kind, uid } : { kind, uid, count };
}

/** The inverse of `writeMessage`. */
export const readMessage: Read<Message> = (value, what) => {
  const object = readObject(value, what);
  const name = field(object, "op", readString);
  const op = allOps().find((one) => one.name === name);
  if (!op) throw new Malformed(`${what} is ${JSON.stringify(name)}, which is no message`);
  const message = {
    op: name,
    id: field(object, "id", readCount),
    reply: field(object, "reply", readOrNull(readRight)),
    rights: field(object, "rights", readList(readRight)),
    body: readBody(field(object, "body", readObject), op),
  };
  return Object.hasOwn(object, "via")
    ? { ...message, via: field(object, "via", readCount) }
    : message;
};

const readRight: Read<Right> = (value, what) => {
  const object = readObject(value, what);
  const kind = field(object, "kind", readWord(["send", "send-once", "receive", "dead"]));
  const right = { kind, uid: field(object, "uid", readCount) };
  return Object.hasOwn(object, "count")
    ? { ...right, count: field(object, "count", readCount) }
    : right;
};

const readers: Readonly<Record<Op["body"][string], Read<unknown>>> = {
  u8: readNumber(0, 0xff),
  u32: readNumber(0, 0xffff_ffff),
  u53: readCount,
  i53: readNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  flag: readFlag,
  string: readString,
  bytes: readBytes,
  strings: readList(readString),
  u53s: readList(readCount),
};

function readBody(object: JsonObject, op: Op): Message["body"] {
  const fields = Object.entries(op.body).map(([name, kind]) => [
    name,
    field(object, name, readers[kind]),
  ]);
  return Object.fromEntries(fields) as Message["body"];
}
