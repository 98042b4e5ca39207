// What can be seen of the counted ports of a host that stands still, and of who has rights to them.

import { hostName, nameTypes, portName, type Principal, type Space } from "../ports/index.ts";
import type { HostState } from "../kernel/index.ts";

/** A port where its receive right is. */
export interface PortView {
  readonly uid: string;
  readonly host: string;
  /** Location epoch: how often it has changed hosts. */
  readonly epoch: number;
  /** `h2`, a pid, the name of a native server, or `in a message`. */
  readonly owner: string;
  readonly queued: number;
  readonly limit: number;
  readonly policy: string;
  readonly makeSends: number;
  /** Transits given out and not come back; 0: there are no senders. */
  readonly transits: number;
  /** Send-once rights that exist. */
  readonly once: number;
}

/** A right that a space has. */
export interface RightView {
  readonly uid: string;
  readonly host: string;
  /** 0: the host's own space. */
  readonly pid: number;
  readonly kind: "send" | "send-once" | "receive";
  readonly references: number;
  readonly transits: number;
  readonly once: number;
}

/** What a host keeps for a port that is elsewhere. */
export interface ForwarderView {
  readonly uid: string;
  readonly host: string;
  readonly to: string;
  readonly epoch: number;
  readonly since: number | null;
}

export function viewPorts(host: number, state: HostState): readonly PortView[] {
  const ports = [...state.ports.table.values()];
  return ports.flatMap((port) =>
    port.where === "here" && port.counted ? [viewPort(host, port, port.counted)] : [],
  );
}

function viewPort(
  host: number,
  { uid, epoch, owner, queue, limit, policy }: Principal,
  { makeSends, transits, once }: NonNullable<Principal["counted"]>,
): PortView {
  return {
    uid: portName(uid),
    host: hostName(host),
    epoch,
    owner: ownerName(host, owner),
    queued: queue.length,
    limit,
    policy,
    makeSends,
    transits,
    once: once.size,
  };
}

function ownerName(host: number, owner: Principal["owner"]): string {
  if (owner.kind === "space") return owner.id === 0 ? hostName(host) : `${owner.id}`;
  return owner.kind === "server" ? owner.server : "in a message";
}

export function viewRights(host: number, state: HostState): readonly RightView[] {
  const own = rightsOf(host, 0, state.agent.space);
  return [...own, ...[...state.tasks.values()].flatMap((t) => rightsOf(host, t.pid, t.space))];
}

function rightsOf(host: number, pid: number, space: Space): readonly RightView[] {
  return [...space.entries.values()].flatMap((entry) => {
    // What a kernel keeps for open files is nobody's name; counted, it is a right all the same.
    if ((entry.private && entry.transits === 0) || entry.uid === 0) return [];
    const { references, transits, once } = entry;
    const head = { uid: portName(entry.uid), host: hostName(host), pid };
    const kinds = (["send", "receive"] as const).filter((kind) => entry.type & nameTypes[kind]);
    const all = entry.type === nameTypes.once ? (["send-once"] as const) : kinds;
    return all.map((kind) => ({ ...head, kind, references, transits, once }));
  });
}

export function viewForwarders(host: number, state: HostState): readonly ForwarderView[] {
  return [...state.ports.table.values()].flatMap((port) =>
    port.where === "away" && port.forwardsSince !== null
      ? [
          {
            uid: portName(port.uid),
            host: hostName(host),
            to: hostName(port.host),
            epoch: port.epoch,
            since: port.forwardsSince,
          },
        ]
      : [],
  );
}
