// What other folders may use of the file server's host: its two servers.

export { createConsoleServer } from "./console-server.ts";
export { createFileServer } from "./file-server.ts";
export type { FileServerConfig } from "./state.ts";
