export { feedTarget, onTargetMessage } from "./arrival.ts";
export { feedSource, noteFetched, noteSettled, onSourceMessage, orderMove } from "./departure.ts";
export { type LedgerEntry, ledgerOf, lossSentence } from "./ledger.ts";
export {
  createMoveState,
  departureOf,
  type MoveHost,
  type MoveKernel,
  type MoveState,
} from "./moves.ts";
export {
  createResidualState,
  endResidualsOf,
  loseAwaited,
  onResidualMessage,
  onResidualSupply,
  type ResidualState,
} from "./residual.ts";
export { strategies, strategyDefault, strategyNamed } from "./strategies.ts";
export { armWander, wanderOrder } from "./wander.ts";
