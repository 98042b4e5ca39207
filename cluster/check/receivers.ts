// A port has one receive right: at most one host acts for it, and its epoch grows with each move.
//
//   (none) ──made──▶ here ──departed──▶ under way ──arrived──▶ here ──▶ …
//
// A target that learns from its home that a move is committed may come before its source has
// learnt it: then the source still has the port, frozen, but must not act for it any more.

import { type History, lostAfter, type PortHistory, type PortStep } from "./history.ts";
import { type Moment, numberOf, textOf, type TraceEvent, type Violation } from "./violation.ts";

interface Place {
  host: string;
  epoch: number;
  underWay: boolean;
  /** The number of the last message received since the right last travelled. */
  seqno: number;
}

export function checkReceiver(history: History): readonly Violation[] {
  const found: Violation[] = [];
  const places = new Map<string, Place>();
  const steps = new Map<number, { readonly history: PortHistory; readonly step: PortStep }>();
  for (const port of history.ports.values()) {
    for (const step of port.steps) steps.set(step.index, { history: port, step });
  }
  for (const [index, event] of history.events.entries()) {
    const port = textOf(event, "port");
    const report = (sentence: string): void =>
      void found.push({ checker: "receiver", at: event.at, port, sentence });
    const known = steps.get(index);
    if (known) onStep(history, places, known.history.port, known.step, report);
    else if (event.event === "ipc.received") onReceived(places.get(port), event, report);
  }
  return found;
}

type Report = (sentence: string) => void;

function onStep(
  history: History,
  places: Map<string, Place>,
  port: string,
  step: PortStep,
  report: Report,
): void {
  const { what, host, epoch, to } = step;
  const place = places.get(port);
  switch (what) {
    case "made":
      if (place) report(`${port} was made on ${host} a second time`);
      places.set(port, { host, epoch, underWay: false, seqno: -1 });
      return;
    case "travelling":
      if (place) place.seqno = -1;
      return;
    case "departed":
      if (place && place.host !== host && !stillThere(place, step)) {
        report(`${port} left ${host}, but it was on ${place.host}`);
      }
      if (place && place.epoch >= epoch) return; // the target was heard of before
      places.set(port, { host: to, epoch, underWay: true, seqno: place?.seqno ?? -1 });
      return;
    case "arrived":
      onArrived(history, places, port, step, report);
      return;
    case "dead":
      if (place?.host === host) places.delete(port);
      return;
    case "unreachable":
      return;
  }
}

/** A source that departs after its target has come forth: it learnt late of the commit. */
function stillThere(place: Place, { to, epoch }: PortStep): boolean {
  return place.host === to && place.epoch >= epoch;
}

function onArrived(
  history: History,
  places: Map<string, Place>,
  port: string,
  { host, epoch, index }: PortStep,
  report: Report,
): void {
  const place = places.get(port);
  if (place && epoch <= place.epoch && !(place.underWay && epoch === place.epoch)) {
    const same = `${port} came to ${host} in epoch ${epoch}`;
    report(`${same}, but it was on ${place.host} in epoch ${place.epoch}`);
  } else if (place?.underWay && place.host !== host && !lostAfter(history, place.host, 0)) {
    report(`${port} was on its way to ${place.host} and came to ${host}`);
  }
  const source = place && !place.underWay && place.host !== host ? place : null;
  if (source && !departsLater(history, port, source.host, index)) {
    report(`${port} came to ${host}, and is on ${source.host} too`);
  }
  places.set(port, { host, epoch, underWay: false, seqno: place?.seqno ?? -1 });
}

/** The source learns of the commit in the end, or is lost. */
function departsLater(history: History, port: string, host: string, index: number): boolean {
  if (lostAfter(history, host, 0)) return true;
  const steps = history.ports.get(port)?.steps ?? [];
  return steps.some((step) => step.what === "departed" && step.host === host && step.index > index);
}

function onReceived(place: Place | undefined, event: TraceEvent, report: Report): void {
  if (!place) return;
  const { host } = event;
  const port = textOf(event, "port");
  if (place.host !== host || place.underWay) {
    const where = place.underWay ? `is on its way to ${place.host}` : `is on ${place.host}`;
    report(`${port} ${where}; ${host} received ${textOf(event, "msg")} from it`);
  }
  const seqno = numberOf(event, "seqno");
  if (seqno <= place.seqno) {
    report(`${port} gave ${textOf(event, "msg")} the number ${seqno}, after ${place.seqno}`);
  }
  place.seqno = seqno;
}

/** A port that left and came nowhere; for the rule of quiescence. */
export function underWayFor(history: History, port: PortHistory): Moment | null {
  const last = port.steps.findLast(({ what }) => what === "departed" || what === "arrived");
  if (last?.what !== "departed") return null;
  const arrived = port.steps.some(
    ({ what, host, epoch }) => what === "arrived" && host === last.to && epoch >= last.epoch,
  );
  const dead = port.steps.some(({ what, index }) => what === "dead" && index > last.index);
  const lost = lostAfter(history, last.host, last.index) || lostAfter(history, last.to, 0);
  return arrived || dead || lost ? null : last;
}
