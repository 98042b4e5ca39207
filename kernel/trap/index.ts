export { kernelCalls } from "./kernel-calls.ts";
export type { CallRow } from "./table.ts";
export { linuxCalls, onReply, onSignal, onTrap, startThread, wake } from "./trap.ts";
