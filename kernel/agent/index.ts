// What the host may use of its agent.

export { agentOwner, onAgentClaimed, onAgentClaimLost, onAgentMessage } from "./arrive.ts";
export { onAgentOrder, takeDelayed } from "./orders.ts";
export { dropTimers, onAgentTimer, reviveReceiving, serveReceivers } from "./receive.ts";
export { onAgentDead, onAgentSendEnded, resumeSending, reviveSending } from "./send.ts";
export {
  type AgentHost,
  type AgentKernel,
  type AgentState,
  agentThreads,
  contextOf,
  createAgentState,
  finish,
  placeOfSpace,
  whereabouts,
} from "./state.ts";
export { onWatchMessage, watchArrived, watchOwner } from "./watch.ts";
