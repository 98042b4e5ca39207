export { kernelCalls } from "./kernel-calls.ts";
export {
  failSends,
  recheckReceivers,
  resumeWaits,
  threadArrived,
  threadClaimed,
  threadGranted,
  threadPortDead,
  threadSendEnded,
  threadSendReport,
} from "./port-waits.ts";
export type { CallRow } from "./table.ts";
export { onSignal } from "./signals.ts";
export { linuxCalls, onReply, onTrap, startThread, wake, wakeForMemory } from "./trap.ts";
