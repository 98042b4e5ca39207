// The ports of one host and nothing else of it: no clock, no cable, no trace. For what the exchange
// of messages costs by itself.

import {
  copyout,
  createPorts,
  createSpace,
  dispositions,
  drainAgenda,
  machReceive,
  machSend,
  makeSendRight,
  portAllocate,
  portHere,
  type PortName,
  type PortsHost,
  type SpaceContext,
} from "../ports/index.ts";

/** Two spaces: the first has send rights to the ports of the second. */
export interface OneHost {
  readonly sender: SpaceContext;
  readonly receiver: SpaceContext;
}

export function createOneHost(): OneHost {
  const ports = createPorts(1, 1);
  const host = silentHost();
  const space = (spaceId: number): SpaceContext => ({ ports, space: createSpace(), spaceId, host });
  return { sender: space(1), receiver: space(2) };
}

function silentHost(): PortsHost {
  const ignore = (): void => undefined;
  return {
    now: 0,
    costs: { messageNs: 0, packetNs: 0 },
    hosts: 1,
    paranoid: false,
    wants: false,
    emit: ignore,
    charge: ignore,
    transmit: ignore,
    timer: ignore,
    arrived: ignore,
    hostDead: ignore,
    toldDead: ignore,
    portDead: ignore,
    sendEnded: ignore,
    granted: () => false,
    claimed: ignore,
    holdersPaused: ignore,
    heldInSpaces: () => ({ transits: 0, once: [], moving: false }),
  };
}

/** A new port: what its receiver calls it, and its sender. */
export interface Line {
  readonly to: PortName;
  readonly at: PortName;
}

export function connect(from: SpaceContext, to: SpaceContext): Line {
  const { name: at } = portAllocate(to, "receive");
  const port = portHere(to.ports, to.space.entries.get(at)?.uid ?? 0);
  if (!port) throw new Error("a port could not be made");
  return { to: copyout(from, makeSendRight(to.ports, port, to.host)), at };
}

const noParts: readonly never[] = [];

/** Sends, as an action of the host of its own. Requires: there is room. */
export function send(
  context: SpaceContext,
  to: PortName,
  bytes: Uint8Array,
  reply: PortName = 0,
  disposition: number = dispositions.copySend,
): void {
  const sent = machSend(
    context,
    { pid: context.spaceId, tid: 1 },
    {
      remote: to,
      remoteDisposition: disposition,
      local: reply,
      localDisposition: reply === 0 ? 0 : dispositions.makeSendOnce,
      number: 1,
      bytes,
      parts: noParts,
    },
    { timeoutNs: null },
  );
  if (!("done" in sent) || !sent.done || sent.code !== 0) throw new Error("a message was not sent");
  drainAgenda(context.ports, context.host);
}

/** Receives: the bytes of the next message, and the name of its reply right. */
export function receive(
  context: SpaceContext,
  at: PortName,
): { readonly bytes: Uint8Array; readonly remote: PortName } {
  const result = machReceive(context, at, { pid: context.spaceId, tid: 1 });
  if (!("message" in result)) throw new Error("a message was not received");
  drainAgenda(context.ports, context.host);
  return result.message;
}
