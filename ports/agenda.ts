// What follows from what: the ports' one loop.
//
// Frames, timers and calls only put things on the agenda, or do what concerns themselves; here each
// thing is given to the part of the ports that it concerns, until nothing is left. So an action of
// a host ends with all its consequences on that host done, and no part calls back into another.

import { ByteReader, BytesError } from "./base/index.ts";
import { flushAccepted, kinds } from "./datagram.ts";
import { buryPort, destroyPort, losePorts, registerAgain } from "./death.ts";
import { type HostId, hostName, portName } from "./ids.ts";
import { loseAsked, onKnown, onLookup, onLost, onSearchTimer } from "./locate.ts";
import { onListen, onLocated } from "./moving.ts";
import { isBarred, portHere } from "./port.ts";
import type { PortsHost, PortsTimer } from "./ports-host.ts";
import type { Happening, Ports } from "./state.ts";
import {
  hosts as hostOps,
  isOp,
  type Message,
  port as portOps,
  type Right,
} from "./protocol/index.ts";
import {
  loseCounted,
  onCount,
  onCounted,
  onRecountTimer,
  recountArrived,
  startRecount,
} from "./recount.ts";
import { giveBack, notifySendOnce, onGranted, onRequest } from "./requests.ts";
import {
  abandonSends,
  onAnswer,
  onRelayed,
  onRoom,
  onSendTimer,
  resumeSends,
  retractSends,
  roomFor,
} from "./send.ts";
import { onSend } from "./send-arrival.ts";
import { ask, onAccepted, onMessage, onRefused, resumeStream, sendMessage } from "./stream.ts";
import {
  loseTravels,
  onCarried,
  onCarry,
  onPause,
  onPaused,
  onPull,
  onResume,
  resumeHolders,
} from "./travel.ts";
import { decodeMessage } from "./wire/codec.ts";
import { onLinkTimer, peerOf, receiveFrame } from "./wire/transport.ts";

/** A frame came off the cable: everything that follows from it on this host happens now. */
export function onFrame(ports: Ports, from: HostId, frame: Uint8Array, host: PortsHost): void {
  receiveFrame(ports, from, frame, host);
  drainAgenda(ports, host);
}

/** A timer that the ports asked for has come. Late and stale ones do no harm. */
export function onPortsTimer(ports: Ports, what: PortsTimer, host: PortsHost): void {
  if (what.on === "link") onLinkTimer(ports, what.peer, host);
  else if (what.on === "search") onSearchTimer(ports, what.port, host);
  else if (what.on === "send") onSendTimer(ports, what.id, host);
  else if (what.on === "recount") onRecountTimer(ports, what.round, host);
  else flushAccepted(ports, host);
  drainAgenda(ports, host);
}

/** Works off what still follows from the present action. */
export function drainAgenda(ports: Ports, host: PortsHost): void {
  // Ends because what crosses a cable comes back as a frame, and rights can be dropped only once.
  for (let next = ports.agenda.shift(); next; next = ports.agenda.shift()) {
    perform(ports, next, host);
  }
}

function perform(ports: Ports, what: Happening, host: PortsHost): void {
  switch (what.on) {
    case "datagram":
      onDatagram(ports, what.from, what.bytes, host);
      return;
    case "dead":
      onHostDead(ports, what.host, what.incarnation, host);
      return;
    case "unreachable":
      onUnreachable(ports, what.host, host);
      return;
    case "opened":
      // It has died before, unknown to this host, and rights with it.
      if (what.incarnation > 1) startRecount(ports, host);
      return;
    case "unsent":
      retractSends(ports, what.host, what.ids);
      return;
    case "restarted":
      registerAgain(ports, what.host, host);
      return;
    case "told-dead":
      host.toldDead(what.host);
      return;
    case "told":
      onTold(ports, what.from, what.message, host);
      return;
    case "request":
      onPortRequest(ports, what.uid, what.message, host);
      return;
    case "dropped":
      onDropped(ports, what.right, what.id, host);
      return;
    case "holding":
      ask(ports, what.uid, portOps.hold, { host: ports.host }, host);
      return;
    case "recount":
      recountArrived(ports, what.uid, host);
      return;
    case "stay": {
      const port = portHere(ports, what.uid);
      if (port) resumeHolders(ports, port, host);
      return;
    }
    case "lost":
      onLost(ports, what.uid, host, what.silent);
      return;
    case "found":
      onFound(ports, what.uid, host);
      return;
    case "died":
      buryPort(ports, what.uid, host);
      return;
  }
}

/** What waits for the port's location tries it. */
function onFound(ports: Ports, uid: number, host: PortsHost): void {
  const port = ports.table.get(uid);
  if (port?.where === "away") {
    if (isBarred(port)) return;
    resumeStream(ports, port, host);
    resumeSends(ports, uid, host);
  } else if (port) {
    resumeSends(ports, uid, host);
    roomFor(ports, port, host);
  }
}

function onDatagram(ports: Ports, from: HostId, bytes: Uint8Array, host: PortsHost): void {
  const reader = new ByteReader(bytes);
  try {
    for (let count = reader.u8(); count > 0; count--) onAccepted(ports, reader, host);
    const kind = reader.u8();
    if (kind === kinds.message) onMessage(ports, from, reader, host);
    else if (kind === kinds.send) onSend(ports, from, reader, host);
    else if (kind === kinds.answer) onAnswer(ports, reader, host);
    else if (kind === kinds.refused) onRefused(ports, reader, host);
    else if (kind === kinds.room) onRoomFor(ports, from, reader.u53(), host);
    else if (kind === kinds.tell) {
      onTold(
        ports,
        from,
        decodeMessage(reader, () => undefined),
        host,
      );
    } else if (kind !== kinds.none) throw new BytesError(`datagram: no kind ${kind}`);
  } catch (error) {
    if (!(error instanceof BytesError)) throw error;
    ports.malformed++;
    host.emit("msg.malformed", { from: hostName(from), what: error.message });
  }
}

function onRoomFor(ports: Ports, from: HostId, uid: number, host: PortsHost): void {
  const port = ports.table.get(uid);
  if (port?.where === "away" && port.stalled && !port.search && !port.paused) {
    resumeStream(ports, port, host);
  }
  onRoom(ports, from, uid, host);
}

/** What the ports of another host, or this one's own, have to say. */
function onTold(ports: Ports, from: HostId, message: Message, host: PortsHost): void {
  if (isOp(message, hostOps.granted)) onGranted(ports, message.body, host);
  else if (isOp(message, hostOps.died)) {
    const { uid } = message.body;
    if (portHere(ports, uid)) return;
    ports.agenda.push({ on: "died", uid, epoch: message.body.epoch });
  } else if (isOp(message, hostOps.located)) onLocated(ports, message.body, host);
  else if (isOp(message, hostOps.listen)) onListen(ports, message.body);
  else if (isOp(message, hostOps.lookup)) onLookup(ports, from, message.body, host);
  else if (isOp(message, hostOps.known)) onKnown(ports, from, message.body, host);
  else if (isOp(message, hostOps.carry)) onCarry(ports, message.body.port, host);
  else if (isOp(message, hostOps.pause)) onPause(ports, from, message.body, host);
  else if (isOp(message, hostOps.paused)) onPaused(ports, from, message.body, host);
  else if (isOp(message, hostOps.resume)) onResume(ports, message.body);
  else if (isOp(message, hostOps.relayed)) onRelayed(ports, message.body, host);
  else if (isOp(message, hostOps.idle)) {
    const port = portHere(ports, message.body.uid);
    if (port) roomFor(ports, port, host);
  } else if (isOp(message, hostOps.count)) onCount(ports, from, message.body, host);
  else if (isOp(message, hostOps.counted)) onCounted(ports, from, message.body, host);
}

function onPortRequest(ports: Ports, uid: number, message: Message, host: PortsHost): void {
  const port = portHere(ports, uid);
  if (!port) {
    sendMessage(ports, uid, message, host); // it has left between the queue and here
  } else if (isOp(message, portOps.pull)) onPull(ports, port, message.body.host, host);
  else if (isOp(message, portOps.carried)) onCarried(port, message.body.host);
  else if (isOp(message, portOps.abandon)) {
    if (port.counted?.travel) destroyPort(ports, uid, host);
  } else onRequest(ports, port, message, host);
}

function onDropped(ports: Ports, right: Right, id: number, host: PortsHost): void {
  const { kind, uid, count } = right;
  if (kind === "dead") return;
  if (count !== undefined || kind === "receive") {
    if (host.wants) host.emit("right.dropped", { port: portName(uid), kind, count: count ?? 0 });
  }
  if (kind === "send") giveBack(ports, right, host);
  else if (kind === "send-once") notifySendOnce(ports, right, id, host);
  else if (kind === "receive") {
    if (portHere(ports, uid)) destroyPort(ports, uid, host);
    else ask(ports, uid, portOps.abandon, {}, host);
  }
}

/** A host's incarnation is dead for this host: every part of the ports gives up what it had there. */
function onHostDead(ports: Ports, dead: HostId, incarnation: number, host: PortsHost): void {
  peerOf(ports, dead).accepted.clear();
  abandonSends(ports, dead, host);
  losePorts(ports, dead, host);
  loseTravels(ports, dead, host);
  loseAsked(ports, dead, { waited: false }, host);
  loseCounted(ports, dead, host);
  startRecount(ports, host);
  host.hostDead(dead, incarnation);
}

/** Nobody answers for a host that was dead already: what was for it ends here. */
function onUnreachable(ports: Ports, peer: HostId, host: PortsHost): void {
  abandonSends(ports, peer, host);
  losePorts(ports, peer, host);
  loseTravels(ports, peer, host);
  loseAsked(ports, peer, { waited: true }, host);
  loseCounted(ports, peer, host);
}
