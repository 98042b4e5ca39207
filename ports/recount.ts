// Counting rights anew after a host has died: what it held cannot be asked of it any more.
//
//   (a host is dead) ──▶ ask all others: what do you hold of these ports?
//        ▲                        │
//        └── rest ◀── changed ────┤ twice the same, and nothing under way in between
//                                 ▼
//                transits := their sum; send-once rights that nobody holds give their notification
//
// NORMA IPC v2 could not survive the loss of a node for want of this (§1.3.3 of its design). One
// answer from each host is no consistent cut: a right could be counted twice, or not at all, while
// it goes from one host to another. So a host also says how often rights of the port have changed
// hands there, and whether one is under way from it; if a second round finds all as the first left
// it, then at every moment between the two the rights lay where they were counted (the two waves
// of Mattern's four-counter method, 1987).

import { tell } from "./datagram.ts";
import { type HostId, portName, type PortUid } from "./ids.ts";
import { portHere, sendOnceNotification } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Counted, Holding, Ports, Principal, Recount } from "./state.ts";
import { hosts as hostOps, type Message, type Right } from "./protocol/index.ts";
import { noSendersIfNone } from "./requests.ts";
import { sendMessage } from "./stream.ts";
import { isUnheardOf, peerIsDead } from "./wire/transport.ts";

const restNs = 20_000_000;
const restMaxNs = 1_000_000_000;

/** After a death: all counted ports here of which rights may have been lost. */
export function startRecount(ports: Ports, host: PortsHost): void {
  const uids: PortUid[] = [];
  for (const port of ports.table.values()) if (mayHaveLost(port)) uids.push(port.uid);
  recount(ports, uids, { before: null, attempts: 0 }, host);
}

function mayHaveLost(port: { readonly where: string }): port is Principal {
  const counted = port.where === "here" ? (port as Principal).counted : null;
  return counted !== null && (counted.transits > 0 || counted.once.size > 0);
}

/** Ports that came here after a death of which their old host may not have known. */
export function recountArrived(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = portHere(ports, uid);
  if (!port || !mayHaveLost(port)) return;
  recount(ports, [uid], { before: null, attempts: 0 }, host);
}

function recount(
  ports: Ports,
  uids: readonly PortUid[],
  { before, attempts }: Pick<Recount, "before" | "attempts">,
  host: PortsHost,
): void {
  const here = uids.filter((uid) => portHere(ports, uid)?.counted);
  if (here.length === 0) return;
  const round = ports.recountNext++;
  const all = Array.from({ length: host.hosts + 1 }, (_, id) => id);
  const open = new Set(all.filter((id) => id !== ports.host && !isOut(ports, id)));
  const reports = new Map([[ports.host, holdings(ports, here, host)]]);
  const record: Recount = { round, uids: here, open, reports, before, attempts };
  ports.recounts.set(round, record);
  for (const to of open) tell(ports, to, hostOps.count, { round, uids: here }, host);
  if (open.size === 0) finish(ports, record, host);
}

/** A host that is dead holds nothing; nor does one that nobody has ever heard of, to wait for. */
function isOut(ports: Ports, id: HostId): boolean {
  return peerIsDead(ports, id) || isUnheardOf(ports, id);
}

/** Another host counts: what is here, of each of its ports. */
export function onCount(
  ports: Ports,
  from: HostId,
  { round, uids }: { readonly round: number; readonly uids: readonly PortUid[] },
  host: PortsHost,
): void {
  const counts = holdings(ports, uids, host).flatMap(({ transits, activity, moving, once }) => [
    transits,
    activity,
    moving ? 1 : 0,
    once.length,
    ...once,
  ]);
  tell(ports, from, hostOps.counted, { round, counts }, host);
}

export function onCounted(
  ports: Ports,
  from: HostId,
  { round, counts }: { readonly round: number; readonly counts: readonly number[] },
  host: PortsHost,
): void {
  const record = ports.recounts.get(round);
  if (!record?.open.delete(from)) return;
  const report: Holding[] = [];
  let at = 0;
  while (report.length < record.uids.length) {
    const [transits = 0, activity = 0, moving = 0, length = 0] = counts.slice(at, at + 4);
    const once = counts.slice(at + 4, at + 4 + length);
    report.push({ transits, activity, moving: moving === 1, once });
    at += 4 + length;
  }
  record.reports.set(from, report);
  if (record.open.size === 0) finish(ports, record, host);
}

/** A host that was asked is dead too: it holds nothing. */
export function loseCounted(ports: Ports, dead: HostId, host: PortsHost): void {
  for (const record of [...ports.recounts.values()]) {
    if (record.open.delete(dead) && record.open.size === 0) finish(ports, record, host);
  }
}

function finish(ports: Ports, record: Recount, host: PortsHost): void {
  const { round, uids, reports, before } = record;
  const settled = uids.filter(
    (uid, index) =>
      before !== null &&
      isSettled(index, reports, before) &&
      // Nor have rights been made or come back here while the others were asked.
      activityOf(ports, uid) === reports.get(ports.host)?.[index]?.activity,
  );
  const left = uids.filter((uid) => !settled.includes(uid));
  uids.forEach((uid, index) => {
    if (settled.includes(uid)) settle(ports, uid, index, reports, host);
  });
  if (left.length === 0) {
    ports.recounts.delete(round);
    return;
  }
  const ns = Math.min(restNs * 2 ** Math.min(record.attempts, 20), restMaxNs);
  host.timer(host.now + ns, { on: "recount", round });
}

/** The rest after a round is over: the next is compared with it. */
export function onRecountTimer(ports: Ports, round: number, host: PortsHost): void {
  const record = ports.recounts.get(round);
  if (!record || record.open.size > 0) return;
  ports.recounts.delete(round);
  const { uids, reports, attempts } = record;
  const here = uids.map((uid, index) => ({ uid, index })).filter(({ uid }) => portHere(ports, uid));
  const before = new Map(
    [...reports].map(([from, report]) => [from, here.flatMap(({ index }) => report[index] ?? [])]),
  );
  const next = { before, attempts: attempts + 1 };
  recount(
    ports,
    here.map(({ uid }) => uid),
    next,
    host,
  );
}

function isSettled(
  index: number,
  reports: Recount["reports"],
  before: NonNullable<Recount["before"]>,
): boolean {
  for (const [host, report] of reports) {
    const now = report[index];
    const then = before.get(host)?.[index];
    if (!now || !then || now.moving || then.moving) return false;
    if (now.activity !== then.activity || now.transits !== then.transits) return false;
  }
  return true;
}

function settle(
  ports: Ports,
  uid: PortUid,
  index: number,
  reports: Recount["reports"],
  host: PortsHost,
): void {
  const port = portHere(ports, uid);
  const counted = port?.counted;
  if (!port || !counted) return;
  let transits = 0;
  const held = new Set<number>();
  for (const report of reports.values()) {
    transits += report[index]?.transits ?? 0;
    for (const number of report[index]?.once ?? []) held.add(number);
  }
  const lost = [...counted.once].filter((number) => !held.has(number));
  if (transits === counted.transits && lost.length === 0) return;
  host.emit("right.recounted", { port: portName(uid), transits, once: lost });
  counted.transits = transits;
  for (const count of lost) {
    sendMessage(ports, uid, sendOnceNotification({ kind: "send-once", uid, count }, 0), host);
  }
  noSendersIfNone(ports, port, host);
}

/** What this host holds of each of the ports: in spaces, in queues, and on its way from here. */
function holdings(ports: Ports, uids: readonly PortUid[], host: PortsHost): readonly Holding[] {
  const wanted = new Map<PortUid, { transits: number; moving: boolean; once: number[] }>();
  for (const uid of uids) {
    const { transits, once, moving } = host.heldInSpaces(uid);
    wanted.set(uid, { transits, once: [...once], moving });
  }
  const add = (right: Right | null, moving: boolean): void => {
    const holding = right ? wanted.get(right.uid) : undefined;
    if (!right || right.count === undefined || !holding) return;
    if (right.kind === "send") holding.transits += right.count;
    else if (right.kind === "send-once") holding.once.push(right.count);
    holding.moving ||= moving;
  };
  const addMessage = ({ reply, rights }: Message, moving: boolean): void => {
    add(reply, moving);
    for (const right of rights) add(right, moving);
  };
  let leaving = false;
  for (const port of ports.table.values()) {
    if (port.where === "here") {
      for (const message of [...port.queue, ...port.behind]) addMessage(message, false);
      for (const message of port.returning?.unanswered ?? []) addMessage(message, true);
      if (port.counted?.noSenders) add(port.counted.noSenders, false);
    } else {
      leaving ||= port.leaving;
      for (const message of port.stream.unanswered) addMessage(message, true);
      const holding = wanted.get(port.uid);
      if (holding && port.stream.unanswered.length > 0) holding.moving = true;
    }
  }
  for (const { message, state, to } of ports.sends.values()) {
    addMessage(message, state === "out");
    const holding = message.via === undefined ? undefined : wanted.get(to);
    if (holding && message.via !== undefined) {
      holding.once.push(message.via);
      holding.moving ||= state === "out";
    }
  }
  return uids.map((uid) => {
    const { transits, once, moving } = wanted.get(uid) ?? { transits: 0, once: [], moving: true };
    return { transits, once, moving: moving || leaving, activity: activityOf(ports, uid) };
  });
}

function activityOf(ports: Ports, uid: PortUid): number {
  const port = ports.table.get(uid);
  const counted: Counted | null = port?.where === "here" ? port.counted : null;
  return port?.where === "away" ? port.activity : (counted?.activity ?? 0);
}
