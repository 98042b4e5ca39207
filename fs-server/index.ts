// What other folders may use of the file server's host: its three servers.

export { createConsoleServer } from "./console-server.ts";
export { createFileServer } from "./file-server.ts";
export { createNameServer } from "./name-server.ts";
export type { FileServerConfig } from "./state.ts";
