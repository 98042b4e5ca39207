// A session over an inline cluster, line by line, for tests.

import type { ExecutionContext } from "ava";
import { Cluster } from "../../cluster/index.ts";
import { executeLine, type Failure, type Outcome, Session } from "../../shell/language/index.ts";
import type { SessionOptions } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";

export interface Desk {
  readonly session: Session;
  readonly printed: string[];
  readonly talked: string[];
  /** Runs a line that is to succeed, and gives back what it printed. */
  readonly line: (text: string) => Promise<readonly string[]>;
  /** Runs a line that is to fail. */
  readonly fails: (text: string) => Promise<Failure>;
  /** What the job started last has written. */
  readonly output: () => string;
}

export async function desk(
  t: ExecutionContext,
  options: Partial<SessionOptions> = {},
): Promise<Desk> {
  const cluster = await Cluster.boot({ driver: "inline", hosts: 4 });
  const printed: string[] = [];
  const talked: string[] = [];
  const session = new Session({
    cluster,
    settings: settingsDefault,
    print: (line) => printed.push(line),
    talk: (line) => talked.push(line),
    ...options,
  });
  t.teardown(() => session.cluster.close());
  const run = (text: string): Promise<Outcome> => {
    printed.length = 0;
    return executeLine(session, text);
  };
  return {
    session,
    printed,
    talked,
    line: async (text) => {
      const outcome = await run(text);
      t.is(outcome.at, "done", `${text}: ${JSON.stringify(outcome)}`);
      return [...printed];
    },
    fails: async (text) => {
      const outcome = await run(text);
      if (outcome.at === "failed") return outcome;
      t.fail(`${text} did not fail`);
      return { at: "failed", status: -1, expected: "", got: "" };
    },
    output: () => session.jobs.last?.task.output ?? "",
  };
}
