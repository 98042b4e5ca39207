// A host for ports that hears nothing: what a test of something else gives them.

import type { PortsHost } from "../../ports/index.ts";

export const quietHost: PortsHost = {
  now: 0,
  wants: false,
  costs: { messageNs: 0, packetNs: 0 },
  hosts: 1,
  paranoid: false,
  emit: () => undefined,
  charge: () => undefined,
  transmit: () => undefined,
  timer: () => undefined,
  arrived: () => undefined,
  hostDead: () => undefined,
  toldDead: () => undefined,
  portDead: () => undefined,
  sendEnded: () => undefined,
  granted: () => false,
  claimed: () => undefined,
  holdersPaused: () => undefined,
  heldInSpaces: () => ({ transits: 0, once: [], moving: false }),
};
