export { feedTarget, onTargetMessage } from "./arrival.ts";
export {
  feedSource,
  noteEnded,
  noteFetched,
  noteSettled,
  noteStored,
  orderMove,
} from "./departure.ts";
export { type Forecast, forecastMove, type ForecastOrder } from "./forecast.ts";
export { sharingDefault } from "./groups.ts";
export { type LedgerEntry, ledgerOf, lossSentence } from "./ledger.ts";
export {
  createMoveState,
  departureOf,
  isMember,
  membersOf,
  type MoveHost,
  isMoving,
  type MoveKernel,
  type MoveState,
  noteDisowned,
} from "./moves.ts";
export { onSourceMessage } from "./source-messages.ts";
export { refuseNative } from "./orders.ts";
export { type Refusal, refusalRules, refusalText, type Rule } from "./refusal.ts";
export { endResidualsOf, loseAwaited, onResidualMessage, onResidualSupply } from "./residual.ts";
export { createResidualState, type ResidualState } from "./residual-state.ts";
export { strategies, strategyDefault, strategyNamed, tuningDefaults } from "./strategies/index.ts";
export { armWander, wanderOrder } from "./wander.ts";
