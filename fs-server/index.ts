// What other folders may use of the file server's host: its five servers, and what they can be asked.

export { type ConsoleQuestion, createConsoleServer, type InputView } from "./console-server.ts";
export { createFileServer } from "./file-server.ts";
export { createNameServer } from "./name-server.ts";
export type { FileQuestion, ListAnswer, ListedFile, StatAnswer } from "./observe.ts";
export { createPipeServer, type PipeView } from "./pipe-server.ts";
export type { FileServerConfig } from "./state.ts";
export { createSwapServer } from "./swap-server.ts";
