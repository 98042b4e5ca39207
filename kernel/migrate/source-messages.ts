// Messages of a move for its source, as events of its machine.

import { type Body, isOp, type Message, migrate as migrateOps } from "../../ports/index.ts";
import { dropEnded, feedSource, goOn } from "./departure.ts";
import { type MoveKernel, tasksOf } from "./moves.ts";
import { isRule, refuse } from "./refusal.ts";
import { onRounded } from "./rounds.ts";
import type { SourceEvent } from "./source-states.ts";

/** Messages of a move for its source. False: not for it. */
export function onSourceMessage(kernel: MoveKernel, message: Message): boolean {
  if (isOp(message, migrateOps.taken)) {
    const departure = kernel.state.moves.departures.get(message.body.move);
    if (departure?.carriage) {
      departure.carriage.underWay--;
      goOn(kernel, departure);
    }
    return true;
  }
  if (isOp(message, migrateOps.rounded)) {
    onRoundEnd(kernel, message.body);
    return true;
  }
  const event = sourceEventOf(message);
  if (!event) return false;
  const move = (message.body as Body<{ move: "string" }>).move;
  const departure = kernel.state.moves.departures.get(move);
  if (departure) feedSource(kernel, departure, event);
  return true;
}

function onRoundEnd(
  kernel: MoveKernel,
  { move, round }: Body<typeof migrateOps.rounded.body>,
): void {
  const departure = kernel.state.moves.departures.get(move);
  if (departure?.state.at !== "precopying") return;
  dropEnded(kernel, departure);
  if (departure.state.at !== "precopying") return;
  const event = onRounded(kernel, departure, tasksOf(kernel, departure.state.plan.members), round);
  if (event) feedSource(kernel, departure, event);
}

function sourceEventOf(message: Message): SourceEvent | undefined {
  if (isOp(message, migrateOps.reserved)) {
    return { on: "reserved", incarnation: message.body.incarnation };
  }
  if (isOp(message, migrateOps.refused)) {
    const { rule, object, detail } = message.body;
    const known = isRule(rule) ? rule : "image-version"; // that host has rules of another version
    return { on: "refused", refusal: refuse(known, object, detail) };
  }
  if (isOp(message, migrateOps.prepared)) return { on: "prepared" };
  if (isOp(message, migrateOps.activated)) return { on: "activated" };
  return undefined;
}
