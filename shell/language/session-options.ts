// What a session is made with.

import type { Cluster } from "../../cluster/index.ts";
import type { Settings } from "../options.ts";
import type { LineDone } from "./outcome.ts";
import type { Pacer } from "./waiting.ts";

/** A terminal on which a line may paint, for `top`. */
export interface LiveTerminal {
  readonly columns: number;
  readonly rows: number;
  paint(lines: readonly string[]): void;
  /** Returns after so many real ms, or as soon as a key is pressed. */
  tick(ms: number): Promise<"tick" | "key">;
  leave(): void;
}

export interface SessionOptions {
  readonly cluster: Cluster;
  /** What holds where a line says nothing else: hosts, environment, `--max-time`. */
  readonly settings: Settings;
  /** A line of what verbs print: standard output. */
  readonly print: (line: string) => void;
  /** A line of talk: standard error. */
  readonly talk: (line: string) => void;
  /** At a terminal: foreground programs read from it, and Ctrl-C goes to them. */
  readonly interactive?: boolean;
  /** How fast time passes while a line waits. Default: as fast as it can. */
  readonly pacer?: Pacer;
  readonly live?: LiveTerminal;
  /** Boots another cluster, as long as nothing has happened in this one; the session closes this one. */
  readonly boot?: (settings: Settings) => Promise<Cluster>;
  /** Is told of each line when it has been carried out. */
  readonly watch?: (line: LineDone) => void;
}
