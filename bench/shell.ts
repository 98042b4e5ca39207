// What the shell costs whoever types: the first prompt, a completion, and a program run through it.
// Everything goes through a pseudo-terminal, which `script` of util-linux makes.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Cluster } from "../cluster/index.ts";
import { atMost, type Bench, type Measured, under } from "./figure.ts";
import { median, medianOf } from "./measure.ts";
import { missingTool } from "./tools.ts";

const main = fileURLToPath(new URL("../shell/main.js", import.meta.url));
const tool = "script";
const rounds = 5;
/** About a second of an interpreter's time. */
const limit = "3000000";

export const shellBench: Bench = {
  name: "shell",
  doc: "the shell at a terminal: first prompt, completion, what it adds to a program",
  async run(): Promise<readonly Measured[]> {
    const missing = missingTool(tool);
    if (missing !== undefined) return [{ name: "shell", reason: `${missing} is not there` }];
    return [...(await measureAnswers()), await measureProgram()];
  },
};

/** The first prompt and the answer to a Tab, beside those of Node's own prompt. */
async function measureAnswers(): Promise<readonly Measured[]> {
  const ours = await answersOf([main], "h1", "mig", "migrate ");
  const theirs = await answersOf(["-i"], "> ", "proce", "process");
  const against = "Node's own prompt";
  return [
    {
      name: "first prompt, 4 hosts in workers",
      ours: ours.promptMs,
      yardstick: theirs.promptMs,
      unit: "ms",
      against,
      aim: under(500),
    },
    {
      name: "Tab until the word is there",
      ours: ours.tabMs,
      yardstick: theirs.tabMs,
      unit: "ms",
      against,
      aim: under(100),
    },
  ];
}

interface Answers {
  readonly promptMs: number;
  readonly tabMs: number;
}

async function answersOf(
  words: readonly string[],
  prompt: string,
  typed: string,
  completed: string,
): Promise<Answers> {
  const seen: Answers[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const terminal = openTerminal(words);
    await terminal.until(prompt);
    const promptMs = performance.now() - start;
    terminal.type(typed);
    await terminal.until(typed);
    const before = performance.now();
    terminal.type("\t");
    await terminal.until(completed.slice(typed.length));
    seen.push({ promptMs, tabMs: performance.now() - before });
    terminal.end();
  }
  return {
    promptMs: median(seen.map(({ promptMs }) => promptMs)),
    tabMs: median(seen.map(({ tabMs }) => tabMs)),
  };
}

/** A program typed at the prompt, and the same one without a shell. */
async function measureProgram(): Promise<Measured> {
  const bare = await medianOf(rounds, runBare);
  const terminal = openTerminal([main, "--memory", "64MiB"]);
  await terminal.until("h1");
  terminal.type("set pace full\r");
  const ours = await medianOf(rounds, async () => {
    terminal.type(`primes ${limit} > /dev/null ; echo end''ed\r`);
    const before = performance.now();
    await terminal.until("ended");
    return performance.now() - before;
  });
  terminal.end();
  return {
    name: "a program run in the shell",
    ours,
    yardstick: bare,
    unit: "ms",
    against: "the same by the API",
    aim: atMost(1.1),
  };
}

async function runBare(): Promise<number> {
  const cluster = await Cluster.boot({ memoryBytes: 64 * 2 ** 20, trace: "default" });
  try {
    const before = performance.now();
    const primes = await cluster.spawn("h1", ["primes", limit], { streams: ["1>/dev/null"] });
    await cluster.runUntil({ exited: primes });
    const echo = await cluster.spawn("h1", ["echo", "ended"]);
    await cluster.runUntil({ exited: echo });
    return performance.now() - before;
  } finally {
    await cluster.close();
  }
}

interface BenchTerminal {
  type(text: string): void;
  /** Until that text has come since the last call; fails when the program ends before. */
  until(text: string): Promise<void>;
  end(): void;
}

function openTerminal(words: readonly string[]): BenchTerminal {
  const command = [process.execPath, ...words].map((word) => `'${word}'`).join(" ");
  const env = { ...process.env, SOJOURN_HISTORY: "", NODE_REPL_HISTORY: "", TERM: "xterm" };
  const child: ChildProcessWithoutNullStreams = spawn(tool, ["-qfec", command, "/dev/null"], {
    env,
  });
  let seen = "";
  let look: () => void = () => undefined;
  child.stdout.on("data", (bytes: Buffer) => {
    seen += bytes.toString("latin1");
    look();
  });
  child.on("exit", () => look());
  return {
    type: (text) => child.stdin.write(text),
    until: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          const at = seen.indexOf(text);
          if (at >= 0) {
            seen = seen.slice(at + text.length);
            resolve();
          } else if (child.exitCode !== null) reject(new Error(`no ${text} before the end`));
        };
        look();
      }),
    end: () => child.kill("SIGKILL"),
  };
}
