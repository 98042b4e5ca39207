export { console, inputKinds } from "./console.ts";
export { control, notify } from "./control.ts";
export { files } from "./files.ts";
export { memory } from "./memory.ts";
export { home, migrate } from "./migrate.ts";
export {
  allOps,
  type Body,
  isOp,
  makeMessage,
  type Message,
  type Op,
  opByName,
  type Right,
  type Schema,
} from "./schema.ts";
