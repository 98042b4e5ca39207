// The home of a task: the one place that says who owns it. A pure machine over a small store
// that survives a crash of the host.
//
//   owned(host, epoch, move) ──commit──▶ owned(target, epoch+1, this move)
//        │                                    the line below marked OWNERSHIP, written before
//        │                                    the answer leaves
//        └──exited, owner dead──▶ ended
//
// A commit is a compare-and-swap of (owner, its incarnation, epoch) over the records of all tasks that
// move as one: all are written, or none. It may be repeated: the home remembers the last move of
// each and answers it alike. A move that it has not recorded when the source's
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
  /** The tasks that move as one, and the epoch in which each is the source's. */
  readonly members: readonly { readonly pid: Pid; readonly epoch: number }[];
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
      readonly pids: readonly Pid[];
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
    .with({ on: "query" }, (query) => onQuery(records, query))
    .with({ on: "exited" }, ({ pid, epoch }) => onExited(records, pid, epoch))
    .with({ on: "host-dead" }, ({ host, incarnation }) => onHostDead(records, host, incarnation))
    .exhaustive();
}

function onCommit(
  records: ReadonlyMap<Pid, HomeRecord>,
  request: CommitRequest,
  targetIsDead: boolean,
): HomeStep {
  const found = request.members.map(({ pid }) => records.get(pid));
  if (found.every((record) => record?.move === request.move)) {
    return { ...nothing, verdict: "committed" };
  }
  const write = new Map<Pid, HomeRecord>();
  for (const [at, { pid, epoch }] of request.members.entries()) {
    const record = found[at];
    if (!record || !isOwner(record, request) || record.epoch !== epoch) break;
    write.set(pid, {
      owner: request.to, // OWNERSHIP changes here, and nowhere else
      ownerIncarnation: request.toIncarnation,
      epoch: epoch + 1,
      move: request.move,
      state: "owned",
    });
  }
  const all = !targetIsDead && write.size > 0 && write.size === request.members.length;
  return all ? { ...nothing, write, verdict: "committed" } : { ...nothing, verdict: "aborted" };
}

type Source = Pick<CommitRequest, "from" | "fromIncarnation">;

function isOwner(record: HomeRecord, { from, fromIncarnation }: Source): boolean {
  const { state, owner, ownerIncarnation } = record;
  return state === "owned" && owner === from && ownerIncarnation === fromIncarnation;
}

/** A target in doubt asks. While the move's source owns the tasks it may still commit: "open". */
function onQuery(
  records: ReadonlyMap<Pid, HomeRecord>,
  query: Extract<HomeEvent, { readonly on: "query" }>,
): HomeStep {
  const found = query.pids.map((pid) => records.get(pid));
  if (found.every((record) => record?.move === query.move)) {
    return { ...nothing, verdict: "committed" };
  }
  const sourceOwns = found.every((record) => record !== undefined && isOwner(record, query));
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
