// The state of the ports of one host, all of it plain data: who holds their receive rights, and what
// this host knows of the others.
//
//   Principal   the receive right is here: a queue, an owner, and for tasks' ports Mach's counts
//   Proxy       it is elsewhere: where it is believed to be, and what waits to be sent there
//   SendRecord  a thread's send that has no outcome yet
//   Happening   what still follows from the present action (`agenda.ts`)

import type { HostId, PortUid } from "./ids.ts";
import type { LocationName } from "./location-names.ts";
import type { Plant } from "./plant.ts";
import type { Message, Right } from "./protocol/index.ts";
import type { Location } from "./wire/codec.ts";
import type { Peer } from "./wire/peer.ts";

/** Who receives: a native server, the kernel itself, or a space: a task's by pid, 0 the host's own. */
export type Owner =
  | { readonly kind: "server"; readonly server: string; readonly tag: string }
  | { readonly kind: "kernel"; readonly what: string; readonly id: number }
  | { readonly kind: "space"; readonly id: number };

export interface Principal {
  readonly uid: PortUid;
  readonly where: "here";
  /** Location epoch: +1 each time the receive right changes hosts. */
  epoch: number;
  policy: LocationName;
  owner: Owner;
  readonly queue: Message[];
  /** When each message of the queue came, by the count of all that came to this host. */
  readonly stamps: number[];
  limit: number;
  /** While its task is frozen or its receive right travels, messages are queued, nobody receives. */
  held: boolean;
  /** From each host: its stream in this epoch, and the next number expected of it. */
  readonly sources: Map<HostId, Source>;
  /** Hosts that were refused because the queue was full; they get "room", in this order. */
  readonly starved: HostId[];
  /** What this host had sent, before the port came here, and has no outcome yet. */
  returning: Stream | null;
  /** Sent here while `returning` is open: it must not overtake what is in it. */
  readonly behind: Message[];
  /** Sends of threads here that wait for room, in order. */
  readonly waiting: number[];
  /** Hosts that want to be told when it dies. */
  readonly watchers: Set<HostId>;
  /** Hosts that it has left: they may keep a forwarder until it dies. */
  readonly trail: Set<HostId>;
  /** Policy update: hosts that have a right to it. */
  readonly holders: Set<HostId>;
  /** Policy update: holders that have not stopped yet; null: no move has begun. */
  pausing: Set<HostId> | null;
  /** How often they have been bid to stop: an answer to an earlier time says nothing. */
  pauses: number;
  /** What Mach counts of a port; null for the ports of kernels and native servers. */
  counted: Counted | null;
}

/** How far a stream from another host has come here. */
export interface Source {
  readonly stream: number;
  next: number;
}

/** Of a port whose rights are counted: NORMA IPC v2 §6.3 calls it NMS-capable. */
export interface Counted {
  /** Send rights made from the receive right since it was last received (mscount). */
  makeSends: number;
  /** Messages received so far: the number of the next one (seqno). */
  sequence: number;
  /** Transits given out and not come back: 0 when there is no send right anywhere. */
  transits: number;
  /** Send-once rights that exist somewhere, by their numbers. */
  readonly once: Set<number>;
  nextOnce: number;
  /** Where to tell that there are no senders any more. */
  noSenders: Right | null;
  travel: Travel | null;
  /** When its rights last changed hands here, by `Ports.activity`. */
  activity: number;
}

/** The receive right is in a message that nobody has received yet. */
export interface Travel {
  /** The port to which that message was sent. */
  readonly destination: PortUid;
  /** The host on which the message lies, or towards which it is under way. */
  carrier: HostId;
  /** The host that has received it and asks for the port, once it has. */
  wanted: HostId | null;
}

export interface Proxy {
  readonly uid: PortUid;
  readonly where: "away";
  host: HostId;
  epoch: number;
  policy: LocationName;
  stream: Stream;
  /** The stream does not transmit: it waits for "room", for a location, or for a retry. */
  stalled: boolean;
  /** When the receive right left this host; senders who ask are sent on. Null: keeps no forwarder. */
  forwardsSince: number | null;
  /** Sends of threads here that wait for room or for a location, in order. */
  readonly waiting: number[];
  /** Policy update: the port is about to move, nothing is sent to it. */
  paused: boolean;
  /** Looking for the port: the round of questions, and who has not answered. */
  search: Search | null;
  /** Its receive right was received here, and the port itself is on its way. */
  claim: Owner | null;
  /** The principal's host has been asked to tell of the port's death. */
  watched: boolean;
  /** Where the port has gone since, as a host whose death matters; messages go their policy's way. */
  listens: Location | null;
  /** When its counted rights last changed hands here, by `Ports.activity`; 0: never. */
  activity: number;
  /** It went to `host` and has not said yet that it arrived. */
  leaving: boolean;
  /** Policy update, while it is leaving: hosts that stand still until they hear where it is. */
  standing: readonly HostId[];
}

export interface Search {
  round: number;
  /** Rounds in which no host knew anything of the port. */
  misses: number;
  readonly open: Set<HostId>;
  /** Hosts that have been found dead during this search: they are not asked again. */
  readonly silent: Set<HostId>;
  /** Whether any host has been restarted, or is dead: then the port may be lost with it. */
  losses: boolean;
  /** Hosts that have said in this round that it is not there. */
  readonly without: Set<HostId>;
  /** The latest that an answer of this round has said. */
  best: Finding | null;
  phase: "asking" | "resting" | "trying";
}

/** Where another host says that the port is, has gone, or is still under way to. */
export interface Finding extends Location {
  readonly state: "here" | "elsewhere" | "leaving";
}

/**
 * Messages on their way to the principal at `host` in location epoch `epoch`, and not answered;
 * `first` is the number of the first of them. A proxy starts another stream only when this is empty.
 */
export interface Stream {
  /** Unique on its host; a later one starts anew. */
  readonly id: number;
  readonly host: HostId;
  readonly epoch: number;
  first: number;
  unanswered: Message[];
  /** How many of these have been put on the link, and not been refused. */
  sent: number;
}

export type Port = Principal | Proxy;

/** A thread's send that has no outcome yet; it stays on the host where it was made. */
export interface SendRecord {
  /** Unique in the cluster, like a uid: also the id of its message. */
  readonly id: number;
  readonly to: PortUid;
  readonly message: Message;
  readonly sender: Sender;
  /** Queued however full the queue is: by a send-once right. */
  readonly always: boolean;
  /** "room" and "location": it has been refused, or not sent; "out": its outcome is open. */
  state: "room" | "location" | "out";
  /** Where it is out to. */
  host: HostId;
  /** Forwarders that have passed it on since: it may still lie with one of them. */
  readonly through: HostId[];
  /** How often it was put on a cable, its relays included. */
  hops: number;
  readonly deadline: number | null;
  /** Whoever waits for it waits no more: at the next refusal it ends with this code. */
  giveUp: number | null;
}

export interface Sender {
  /** The task, 0 for the host's own space. */
  readonly pid: number;
  readonly tid: number;
}

export interface Ports {
  readonly host: HostId;
  readonly incarnation: number;
  /** The policy of ports that are made here. */
  readonly policy: LocationName;
  /** A bug that is made on purpose, to prove that a checker finds it. */
  readonly plant: Plant | null;
  counter: number;
  streams: number;
  messages: number;
  stamp: number;
  activity: number;
  /** Bytes of threads' messages queued here, or some that have been: see `send.ts`. */
  queuedBytes: number;
  /** Datagrams that did not decode. */
  malformed: number;
  readonly table: Map<PortUid, Port>;
  readonly peers: Map<HostId, Peer>;
  readonly sends: Map<number, SendRecord>;
  /**
   * Ports that died here, or that this host was told are dead, in this location epoch: only of
   * ports that have moved. (What was made here, never left and is not here is dead.)
   */
  readonly gone: Map<PortUid, number>;
  /** Ports made here that have left and of which nothing else is kept here: they are not dead. */
  readonly departed: Set<PortUid>;
  /** Recounts in progress, by round. */
  readonly recounts: Map<number, Recount>;
  recountNext: number;
  /** The virtual time for which the flush of delayed outcomes is armed, or null. */
  flushAt: number | null;
  /** What still follows from the present action: worked off before it ends. */
  readonly agenda: Happening[];
}

/** What is asked of all hosts after one has died: see `recount.ts`. */
export interface Recount {
  readonly round: number;
  readonly uids: readonly PortUid[];
  readonly open: Set<HostId>;
  readonly reports: Map<HostId, readonly Holding[]>;
  /** The reports of the round before, which these must equal. */
  readonly before: ReadonlyMap<HostId, readonly Holding[]> | null;
  readonly attempts: number;
}

/** What one host holds of one port. */
export interface Holding {
  readonly transits: number;
  readonly activity: number;
  readonly moving: boolean;
  readonly once: readonly number[];
}

export type Happening =
  | { readonly on: "datagram"; readonly from: HostId; readonly bytes: Uint8Array }
  | { readonly on: "dead"; readonly host: HostId; readonly incarnation: number }
  | { readonly on: "unreachable"; readonly host: HostId }
  | { readonly on: "opened"; readonly host: HostId; readonly incarnation: number }
  /** Threads' sends that never left for a host that is dead. */
  | { readonly on: "unsent"; readonly host: HostId; readonly ids: readonly number[] }
  | { readonly on: "restarted"; readonly host: HostId }
  | { readonly on: "told-dead"; readonly host: HostId }
  /** Another host's ports, or this host's own, have something to say. */
  | { readonly on: "told"; readonly from: HostId; readonly message: Message }
  /** A message that the port itself receives. */
  | { readonly on: "request"; readonly uid: PortUid; readonly message: Message }
  /** A right is no more; `id` of the message in which it was. */
  | { readonly on: "dropped"; readonly right: Right; readonly id: number }
  /** Nothing is known of where the port is: it is searched for. `silent`: a host that is dead. */
  | { readonly on: "lost"; readonly uid: PortUid; readonly silent?: HostId }
  /** The port came here after some host has died. */
  | { readonly on: "recount"; readonly uid: PortUid }
  /** The move for which holders stand still is off: they go on. */
  | { readonly on: "stay"; readonly uid: PortUid }
  /** A right to a port whose policy tells its holders came from elsewhere than its principal. */
  | { readonly on: "holding"; readonly uid: PortUid }
  /** The port's location is known, or better known: what waits for it goes on. */
  | { readonly on: "found"; readonly uid: PortUid }
  /** There is no such port any more. */
  | { readonly on: "died"; readonly uid: PortUid; readonly epoch: number };
