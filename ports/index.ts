// What other folders may use of the ports.

export type { TraceSink } from "./events.ts";
export * from "./ids.ts";
export {
  createPort,
  createPorts,
  createWellKnownPort,
  dequeue,
  locatePort,
  type Owner,
  portHere,
  type Ports,
  type PortsHost,
  type PortsTimer,
  type Principal,
} from "./port.ts";
export * from "./protocol/index.ts";
export type { NativeServer, Outside, OutsideEntry, ServerContext } from "./server.ts";
export * from "./space.ts";
export {
  arrivePort,
  departPort,
  holdPort,
  noteLocation,
  type PackedPort,
  releasePort,
} from "./moving.ts";
export {
  destroyPort,
  forgetPort,
  onFrame,
  onPortsTimer,
  drainArrivals,
  roomFor,
  sendMessage,
} from "./stream.ts";
export { declareDead, isKnownDead, setInterest, watchIncarnation } from "./wire/transport.ts";
