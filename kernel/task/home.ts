// The home of a task: the one place that says who owns it. A pure machine over a small store
// that survives a crash of the host.
//
//   owned(host, epoch, move) ──commit──▶ owned(target, epoch+1, this move)
//        │                                    the line below marked OWNERSHIP, written before
//        │                                    the answer leaves
//        └──exited, owner dead──▶ ended
//
// A commit is a compare-and-swap of (owner, its incarnation, epoch). It may be repeated: the home
// remembers the last move and answers it alike. A move that it has not recorded when the source's
// incarnation dies will never be: the task is dead, and a copy prepared at the target is dropped.
// A commit to an incarnation of the target that is known to be dead is refused: the source goes on.

import { match } from "ts-pattern";
import type { HostId } from "../../ports/index.ts";
import type { Pid } from "./task.ts";

export interface HomeRecord {
  readonly owner: HostId;
  readonly ownerIncarnation: number;
  readonly epoch: number;
  /** The last move that was committed, empty for none. */
  readonly move: string;
  readonly state: "owned" | "ended";
}

export interface HomeState {
  /** The id high-water mark: pids are never used twice. */
  pidNext: number;
  readonly records: Map<Pid, HomeRecord>;
}

export interface CommitRequest {
  readonly move: string;
  readonly pid: Pid;
  readonly epoch: number;
  readonly from: HostId;
  readonly fromIncarnation: number;
  readonly to: HostId;
  readonly toIncarnation: number;
}

export type HomeEvent =
  | { readonly on: "born"; readonly pid: Pid; readonly host: HostId; readonly incarnation: number }
  | {
      readonly on: "commit";
      readonly request: CommitRequest;
      /** That incarnation of the target is known to be no more. */
      readonly targetIsDead?: boolean;
    }
  | {
      readonly on: "query";
      readonly pid: Pid;
      readonly move: string;
      readonly from: HostId;
      readonly fromIncarnation: number;
    }
  | { readonly on: "exited"; readonly pid: Pid; readonly epoch: number }
  | { readonly on: "host-dead"; readonly host: HostId; readonly incarnation: number };

export type Verdict = "committed" | "aborted" | "open";

export interface HomeStep {
  /** Records to write to the stable store, before anything is answered. */
  readonly write: ReadonlyMap<Pid, HomeRecord>;
  readonly verdict: Verdict | null;
  /** Tasks that this event ended. */
  readonly lost: readonly Pid[];
}

const nothing: HomeStep = { write: new Map(), verdict: null, lost: [] };

/** The whole machine. Pure: it reads no clock, sends nothing, and never waits. */
export function homeStep(records: ReadonlyMap<Pid, HomeRecord>, event: HomeEvent): HomeStep {
  return match(event)
    .returnType<HomeStep>()
    .with({ on: "born" }, ({ pid, host, incarnation }) => ({
      ...nothing,
      write: new Map([
        [pid, { owner: host, ownerIncarnation: incarnation, epoch: 0, move: "", state: "owned" }],
      ]),
    }))
    .with({ on: "commit" }, ({ request, targetIsDead }) =>
      onCommit(records, request, targetIsDead === true),
    )
    .with({ on: "query" }, (query) => onQuery(records.get(query.pid), query))
    .with({ on: "exited" }, ({ pid, epoch }) => onExited(records, pid, epoch))
    .with({ on: "host-dead" }, ({ host, incarnation }) => onHostDead(records, host, incarnation))
    .exhaustive();
}

function onCommit(
  records: ReadonlyMap<Pid, HomeRecord>,
  request: CommitRequest,
  targetIsDead: boolean,
): HomeStep {
  const record = records.get(request.pid);
  if (!record) return { ...nothing, verdict: "aborted" };
  if (record.move === request.move) return { ...nothing, verdict: "committed" };
  const same =
    !targetIsDead &&
    record.state === "owned" &&
    record.owner === request.from &&
    record.ownerIncarnation === request.fromIncarnation &&
    record.epoch === request.epoch;
  if (!same) return { ...nothing, verdict: "aborted" };
  const next: HomeRecord = {
    owner: request.to, // OWNERSHIP changes here, and nowhere else
    ownerIncarnation: request.toIncarnation,
    epoch: record.epoch + 1,
    move: request.move,
    state: "owned",
  };
  return { ...nothing, write: new Map([[request.pid, next]]), verdict: "committed" };
}

/** A target in doubt asks. While the move's source owns the task it may still commit: "open". */
function onQuery(
  record: HomeRecord | undefined,
  query: Extract<HomeEvent, { readonly on: "query" }>,
): HomeStep {
  if (!record) return { ...nothing, verdict: "aborted" };
  if (record.move === query.move) return { ...nothing, verdict: "committed" };
  const sourceOwns =
    record.state === "owned" &&
    record.owner === query.from &&
    record.ownerIncarnation === query.fromIncarnation;
  return { ...nothing, verdict: sourceOwns ? "open" : "aborted" };
}

function onExited(records: ReadonlyMap<Pid, HomeRecord>, pid: Pid, epoch: number): HomeStep {
  const record = records.get(pid);
  if (!record || record.state === "ended" || record.epoch !== epoch) return nothing;
  return { ...nothing, write: new Map([[pid, { ...record, state: "ended" }]]) };
}

/** Whatever that incarnation owned is gone; a later commit in its name is refused. */
function onHostDead(
  records: ReadonlyMap<Pid, HomeRecord>,
  host: HostId,
  incarnation: number,
): HomeStep {
  const write = new Map<Pid, HomeRecord>();
  for (const [pid, record] of records) {
    if (record.state === "ended" || record.owner !== host) continue;
    if (record.ownerIncarnation !== incarnation) continue;
    write.set(pid, { ...record, epoch: record.epoch + 1, state: "ended" });
  }
  return { write, verdict: null, lost: [...write.keys()] };
}
