// Copyin: a right leaves a name space, for a message or for another space.
//
//   disposition      needs        the space afterwards
//   MAKE_SEND        receive      as before; the port has made one more send right
//   MAKE_SEND_ONCE   receive      as before
//   COPY_SEND        send         as before, with a part of the transits
//   MOVE_SEND        send         one reference less; the last takes the right with it
//   MOVE_SEND_ONCE   send-once    the name is free
//   MOVE_RECEIVE     receive      a send right stays under the name, else it is free
//
// First everything is checked, then everything is done: `checkTake` changes nothing, `take` cannot
// fail. What a message takes twice from one name is checked on a draft of the entry.

import { assert, must } from "./base/index.ts";
import type { PortUid } from "./ids.ts";
import {
  deadRight,
  entryNamed,
  forgetName,
  loseOnce,
  loseReceive,
  loseSend,
  onceRight,
  type SpaceContext,
} from "./names.ts";
import { portHere } from "./port.ts";
import type { Principal } from "./state.ts";
import type { Right } from "./protocol/index.ts";
import { makeSendOnceRight, makeSendRight, splitTransits, startTravel } from "./right.ts";
import { type PortName, type SpaceEntry, nameTypes } from "./space.ts";

/** Mach's numbers; a right that was received has one of the first three. */
export const dispositions = {
  moveReceive: 16,
  moveSend: 17,
  moveSendOnce: 18,
  copySend: 19,
  makeSend: 20,
  makeSendOnce: 21,
} as const;

/** What taking a right from a name would come to. */
export const taking = {
  ok: 0,
  /** The name is a dead name. */
  dead: 1,
  invalidName: 2,
  invalidRight: 3,
  /** No such disposition. */
  invalidValue: 4,
  /** The right's one transit cannot be split: more have to be asked for first. */
  acquire: 5,
  /** The receive right was received here, but its port is still on its way. */
  claim: 6,
} as const;
export type Taking = (typeof taking)[keyof typeof taking];

/** Entries as they would be after what was checked so far. */
export type Drafts = Map<PortName, Draft>;

interface Draft {
  type: number;
  references: number;
  transits: number;
}

/** Checks one right. `drafts`: of the rights that are taken together with it; null when alone. */
export function checkTake(
  context: SpaceContext,
  name: PortName,
  disposition: number,
  drafts: Drafts | null,
): Taking {
  const entry = entryNamed(context, name);
  if (!entry) return taking.invalidName;
  if (!drafts) return checkEntry(context, entry, entry, disposition);
  const known = drafts.get(name);
  const { type, references, transits } = known ?? entry;
  if (type === 0) return taking.invalidName;
  const answer = checkEntry(context, entry, known ?? entry, disposition);
  if (answer !== taking.ok && answer !== taking.dead) return answer;
  const draft = known ?? { type, references, transits };
  drafts.set(name, draft);
  takeFromDraft(draft, disposition);
  return answer;
}

function checkEntry(
  context: SpaceContext,
  { uid }: SpaceEntry,
  draft: Readonly<Draft>,
  disposition: number,
): Taking {
  switch (disposition) {
    case dispositions.makeSend:
    case dispositions.makeSendOnce:
    case dispositions.moveReceive:
      return checkReceive(context, draft, uid);
    case dispositions.copySend:
      if (draft.type === nameTypes.dead) return taking.dead;
      if ((draft.type & nameTypes.send) === 0) return taking.invalidRight;
      return draft.transits === 1 ? taking.acquire : taking.ok;
    case dispositions.moveSend:
      if (draft.type === nameTypes.dead) return taking.dead;
      if ((draft.type & nameTypes.send) === 0) return taking.invalidRight;
      return draft.references > 1 && draft.transits === 1 ? taking.acquire : taking.ok;
    case dispositions.moveSendOnce:
      if (draft.type === nameTypes.dead) return taking.dead;
      return draft.type === nameTypes.once ? taking.ok : taking.invalidRight;
    default:
      return taking.invalidValue;
  }
}

function checkReceive(context: SpaceContext, draft: Readonly<Draft>, uid: PortUid): Taking {
  if ((draft.type & nameTypes.receive) === 0) return taking.invalidRight;
  const port = portHere(context.ports, uid);
  if (!port) return taking.claim;
  return port.counted ? taking.ok : taking.invalidRight;
}

function takeFromDraft(draft: Draft, disposition: number): void {
  const moves = disposition === dispositions.moveSend || disposition === dispositions.moveSendOnce;
  if (draft.type === nameTypes.dead || draft.type === nameTypes.once) {
    if (moves && --draft.references === 0) draft.type = 0;
  } else if (disposition === dispositions.moveReceive) draft.type &= ~nameTypes.receive;
  else if (moves || disposition === dispositions.copySend) {
    if (moves && --draft.references === 0) {
      draft.type &= ~nameTypes.send;
      draft.transits = 0;
    } else if (draft.transits > 0) draft.transits = partOf(draft.transits).kept;
  }
}

function partOf(transits: number): { readonly kept: number; readonly given: number } {
  return must(splitTransits(transits), "a right with transits to split");
}

/**
 * Takes the right. Requires: `checkTake` said ok or dead. A receive right that goes into a message
 * to `destination` travels from now on; 0: it goes into no message.
 */
export function take(
  context: SpaceContext,
  name: PortName,
  disposition: number,
  destination: PortUid,
): Right {
  const entry = must(entryNamed(context, name), "a name that was checked");
  if (entry.type === nameTypes.dead) return takeDead(context, entry, disposition);
  const { ports, host } = context;
  switch (disposition) {
    case dispositions.makeSend:
      return makeSendRight(ports, portOf(context, entry), host);
    case dispositions.makeSendOnce:
      return makeSendOnceRight(ports, portOf(context, entry), host);
    case dispositions.copySend:
      return takePart(entry);
    case dispositions.moveSend:
      return moveSend(context, entry);
    case dispositions.moveSendOnce:
      return moveOnce(context, entry);
    default: {
      assert(disposition === dispositions.moveReceive, "a disposition that was checked");
      const port = portOf(context, entry);
      loseReceive(context, entry);
      startTravel(ports, port, destination, host);
      return { kind: "receive", uid: port.uid };
    }
  }
}

function portOf({ ports }: SpaceContext, { uid }: SpaceEntry): Principal {
  return must(portHere(ports, uid), "the port of a receive right");
}

function takeDead(context: SpaceContext, entry: SpaceEntry, disposition: number): Right {
  if (disposition !== dispositions.copySend && --entry.references === 0) {
    forgetName(context, entry);
  }
  return deadRight;
}

/** A copy of a send right, with a part of its transits. */
function takePart(entry: SpaceEntry): Right {
  if (entry.transits === 0) return { kind: "send", uid: entry.uid };
  const { kept, given } = partOf(entry.transits);
  entry.transits = kept;
  return { kind: "send", uid: entry.uid, count: given };
}

function moveSend(context: SpaceContext, entry: SpaceEntry): Right {
  if (entry.references > 1) {
    entry.references--;
    return takePart(entry);
  }
  const { uid, transits } = entry;
  loseSend(context, entry);
  return transits === 0 ? { kind: "send", uid } : { kind: "send", uid, count: transits };
}

function moveOnce(context: SpaceContext, entry: SpaceEntry): Right {
  const right = onceRight(entry);
  loseOnce(context, entry);
  return right;
}
