// Pipelines of programs that come along, for tests of pipes between hosts.

import type { ExecutionContext } from "ava";
import {
  checkTrace,
  type Cluster,
  eventsToCheck,
  type SpawnOptions,
  type Task,
} from "../../cluster/index.ts";
import type { PipeView } from "../../fs-server/index.ts";
import { second, viewOf } from "./clusters.ts";

/** `from | to`, each on its host. */
export async function pipeline(
  cluster: Cluster,
  from: readonly [host: string, ...argv: string[]],
  to: readonly [host: string, ...argv: string[]],
  options: SpawnOptions = {},
): Promise<{ readonly writer: Task; readonly reader: Task; readonly pipe: number }> {
  const [writerHost, ...writerArgv] = from;
  const [readerHost, ...readerArgv] = to;
  const pipe = cluster.makePipe(readerHost, writerHost);
  const writer = await cluster.spawn(writerHost, writerArgv, {
    ...options,
    streams: [`1|${pipe}`],
  });
  const reader = await cluster.spawn(readerHost, readerArgv, {
    ...options,
    streams: [`0|${pipe}`],
  });
  return { writer, reader, pipe };
}

/** The pipes that there are. */
export const look = (cluster: Cluster): readonly PipeView[] =>
  cluster.observeServer("fs", "pipes", { ask: "pipes" }) as PipeView[];

/** `count` on h1, into `cat` on h2. */
export function counting(
  cluster: Cluster,
  upTo: number,
  period: string,
): ReturnType<typeof pipeline> {
  return pipeline(cluster, ["h1", "count", String(upTo), period], ["h2", "cat"]);
}

/** Rights are conserved, and nothing is left of pipes. */
export async function clean(t: ExecutionContext, cluster: Cluster): Promise<void> {
  await cluster.advance(second);
  t.deepEqual(look(cluster), []);
  const counted = viewOf(cluster, "fs").ports;
  t.deepEqual(counted, []);
  t.deepEqual(checkTrace(eventsToCheck(cluster.trace()), { quiet: true }), []);
}
