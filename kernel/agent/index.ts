// What the host may use of its agent.

export { agentOwner, onAgentClaimed, onAgentClaimLost, onAgentMessage } from "./arrive.ts";
export { onAgentOrder, takeDelayed } from "./orders.ts";
export { onAgentTimer, serveReceivers, takeReceiving } from "./receive.ts";
export { onAgentDead, onAgentSendEnded, resumeSending, takeUnsent } from "./send.ts";
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
