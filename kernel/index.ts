// What the machine room may use of a host's kernel.

export { bootHost, type Host, restoreHost } from "./host.ts";
export type {
  HostConfig,
  HostInput,
  HostOutput,
  HostParts,
  HostState,
  HostTimer,
  StableStore,
} from "./host-state.ts";
export {
  type Forecast,
  forecastMove,
  type ForecastOrder,
  type LedgerEntry,
  isMember,
  ledgerOf,
  lossSentence,
  isMoving,
  refusalRules,
  refusalText,
  sharingDefault,
  strategies,
  strategyDefault,
  strategyNamed,
  tuningDefaults,
} from "./migrate/index.ts";
export type { HostCosts } from "./profile.ts";
export { signalName, signals } from "./task/signal.ts";
export type { RunState, Task, Thread } from "./task/task.ts";
export { describeSpace, type RangeView } from "./vm/index.ts";
export { type CallRow, kernelCalls, linuxCalls } from "./trap/index.ts";
