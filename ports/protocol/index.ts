export { agent, noTimeout } from "./agent.ts";
export { console, inputKinds } from "./console.ts";
export { control, notify } from "./control.ts";
export { entryKinds, files, inBackground } from "./files.ts";
export { memory } from "./memory.ts";
export { home, migrate } from "./migrate.ts";
export { pipeEnds, pipes } from "./pipes.ts";
export { hosts, port } from "./port.ts";
export {
  allOps,
  type Body,
  type Extras,
  isOp,
  makeMessage,
  type Message,
  type Op,
  opByName,
  type Right,
  type Schema,
} from "./schema.ts";
export { partKinds, user } from "./user.ts";
