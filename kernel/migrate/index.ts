export { feedTarget, onTargetMessage } from "./arrival.ts";
export {
  feedSource,
  noteFetched,
  noteSettled,
  noteStored,
  onSourceMessage,
  orderMove,
} from "./departure.ts";
export { type Forecast, forecastMove, type ForecastOrder } from "./forecast.ts";
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
export { strategies, strategyDefault, strategyNamed, tuningDefaults } from "./strategies/index.ts";
export { armWander, wanderOrder } from "./wander.ts";
