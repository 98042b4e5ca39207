// What other folders may use of the ports.

export * from "./ids.ts";
export { drainAgenda, onFrame, onPortsTimer } from "./agenda.ts";
export { dispositions } from "./copyin.ts";
export { type Incoming, type InPart, takeBack } from "./copyout.ts";
export { destroyPort, hostsOfInterest, watchPort } from "./death.ts";
export {
  machSend,
  type Outgoing,
  type OutPart,
  type SendOptions,
  type SendResult,
} from "./exchange.ts";
export { type KnownPort, knownOf, learnAll } from "./learn.ts";
export { leftBehind } from "./left-behind.ts";
export { locationPolicy } from "./location.ts";
export { type LocationName, locationNames } from "./location-names.ts";
export {
  arrivePort,
  departPort,
  holdPort,
  type PackedPort,
  packPort,
  releasePort,
} from "./moving.ts";
export {
  copyout,
  grantTransits,
  heldBySpace,
  isDead,
  keepRight,
  nameReceive,
  noteNamed,
  noteUnnamed,
  portDied,
  releaseRight,
  type SpaceContext,
} from "./names.ts";
export { type Plant, plantNamed, plantNames, plantRows } from "./plant.ts";
export {
  createPort,
  createPorts,
  createWellKnownPort,
  dequeue,
  dropRights,
  locatePort,
  portHere,
} from "./port.ts";
export type { PortsHost, PortsTimer, SendEnd } from "./ports-host.ts";
export type { Owner, Ports, Principal, Sender } from "./state.ts";
export * from "./protocol/index.ts";
export {
  destroyFirst,
  machReceive,
  noteReceived,
  peekSize,
  receivable,
  waitedCode,
} from "./receive.ts";
export { acquireTransits, armNoSenders } from "./requests.ts";
export { codeName, kern, receiveCodes, sendCodes, shortages } from "./returns.ts";
export {
  arriving,
  endSpace,
  portAllocate,
  portDeallocate,
  portDestroy,
  portExtractRight,
  portInsertNamed,
  portInsertRight,
  portModRefs,
  type RightKind,
  rightKinds,
} from "./rights.ts";
export {
  type NotificationRequest,
  portGetRefs,
  portGetSetMembers,
  portGetStatus,
  portMoveMember,
  portNames,
  portRequestNotification,
  portSetMscount,
  portSetQlimit,
  type PortStatus,
  portType,
} from "./rights-port.ts";
export {
  countedLimitMax,
  createCountedPort,
  dropRight,
  makeSendOnceRight,
  makeSendRight,
  splitTransits,
} from "./right.ts";
export { giveUpSend, roomFor } from "./send.ts";
export { awaitsOutcome, hasRoom } from "./send-outcome.ts";
export type { NativeServer, Outside, OutsideEntry, ServerContext } from "./server.ts";
export * from "./space.ts";
export { sendMessage } from "./stream.ts";
export { pauseHolders, resumeHolders } from "./travel.ts";
export {
  declareDead,
  isKnownDead,
  peerIsDead,
  setInterest,
  watchIncarnation,
} from "./wire/transport.ts";
