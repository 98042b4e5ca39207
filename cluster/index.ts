// sojourn, as a library: boot a cluster, run programs on it, move them, break it, look at it.

export type * from "./api.ts";
export type { ListAnswer, ListedFile } from "../fs-server/index.ts";
export type { Forecast } from "../kernel/index.ts";
export type { NetFaults } from "./cable.ts";
export { Cluster } from "./cluster.ts";
export {
  type CheckerName,
  checkLedger,
  type CheckOptions,
  type EndedTask,
  checkTrace,
  eventsToCheck,
  eventsToRead,
  leaks,
  type LedgerEnd,
  type LedgerRun,
  type LedgerTask,
  type LedgerTrial,
  type LedgerViolation,
  liveWithinNs,
  type ServersLeft,
  type TraceEvent,
  unexplained,
  type Violation,
} from "./check/index.ts";
export { UsageError } from "./config.ts";
export type { ClusterConfig } from "./driver.ts";
export type { Notified, OrderResult, ReceivedMessage, ReceivedRight } from "./observe-agent.ts";
export type { Exit, JobState, Move, Observed, Refusal } from "./observed.ts";
export {
  ClusterPorts,
  describeResult,
  type Holder,
  type MakeOptions,
  type PortRef,
  type RightRef,
  type SendOptions,
} from "./ports-api.ts";
export {
  hashOfLines,
  type Json,
  type LoggedCommand,
  type Recording,
  takeRecording,
} from "./recording.ts";
export { readRecording, writeRecording } from "./recording-file.ts";
export { compareTraces, type Replay, replayRecording, type Verdict } from "./replay.ts";
export { type Profile, profileNamed, profileNames } from "./profile.ts";
export type { ForwarderView, PortView, RightView } from "./view-ports.ts";
export type { CableView, HostView, LeftBehindView, ResidualView, TaskView } from "./view.ts";
