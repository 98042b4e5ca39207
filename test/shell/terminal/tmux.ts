// A real pseudo-terminal for tests: a tmux of our own, keys in, what its screen shows out.
//
// Nothing here sleeps for a fixed time: the screen is looked at until it shows what is expected.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { folder } from "../cli-process.ts";

const main = fileURLToPath(new URL("../../../shell/main.js", import.meta.url));

export interface Pane {
  /** A folder of its own, in which the shell runs. */
  readonly folder: string;
  /** Text, letter by letter; `<Enter>`, `<C-r>`, `<Tab>`, `<M-b>` are keys. */
  type(words: string): void;
  /** In one piece, between the marks of a paste. */
  paste(text: string): void;
  screen(): string;
  /** Looks until the screen shows it; what it shows then. */
  until(pattern: RegExp): Promise<string>;
  /** Looks until the screen has not changed for a while. */
  settled(): Promise<string>;
  resize(columns: number, rows: number): void;
  /** The process in the pane. */
  readonly pid: number;
}

export interface PaneOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** What runs in the pane. Default: sojourn. */
  readonly command?: string;
}

const lookMs = 40;
/** As often as the screen has to look the same to have settled. */
const looksSame = 5;
const patienceMs = 30_000;

/** `sojourn` with words, as a shell would be told to run it. */
export function sojournCommand(words: string = "--driver inline"): string {
  return `'${process.execPath}' '${main}' ${words}`;
}

export function openPane(t: ExecutionContext, options: PaneOptions = {}): Pane {
  const cwd = folder(t);
  const socket = join(cwd, "tmux.socket");
  const tmux = (...words: readonly string[]): string =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...words], { encoding: "utf8" });
  const env = { SOJOURN_HISTORY: join(cwd, "history"), PS1: "sh$ " };
  const variables = Object.entries(env)
    .map(([name, value]) => `${name}='${value}'`)
    .join(" ");
  tmux(
    ...["new-session", "-d", "-c", cwd],
    ...["-x", String(options.columns ?? 80), "-y", String(options.rows ?? 24)],
    `${variables} exec ${options.command ?? sojournCommand()}`,
  );
  t.teardown(() => tmux("kill-server"));
  const screen = (): string => tmux("capture-pane", "-p").trimEnd();
  return {
    folder: cwd,
    type: (words) => {
      for (const [, key, text] of words.matchAll(/<([\w-]+)>|((?:(?!<[\w-]+>)[^])+)/g)) {
        if (key !== undefined) tmux("send-keys", key);
        else tmux("send-keys", "-l", "--", text ?? "");
      }
    },
    paste: (text) => {
      tmux("set-buffer", "--", text);
      tmux("paste-buffer", "-p", "-r");
    },
    screen,
    until: async (pattern) => {
      const end = performance.now() + patienceMs;
      for (;;) {
        const shown = screen();
        if (pattern.test(shown)) return shown;
        if (performance.now() > end) throw new Error(`no ${pattern} on the screen:\n${shown}`);
        await sleep(lookMs);
      }
    },
    settled: async () => {
      let [shown, same] = ["", 0];
      while (same < looksSame) {
        await sleep(lookMs);
        const now = screen();
        same = now === shown ? same + 1 : 0;
        shown = now;
      }
      return shown;
    },
    resize: (columns, rows) => {
      tmux("resize-window", "-x", String(columns), "-y", String(rows));
    },
    pid: Number(tmux("display-message", "-p", "#{pane_pid}")),
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
