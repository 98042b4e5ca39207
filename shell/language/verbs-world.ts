// Verbs that break the cluster and mend it. They pass no time: what they do begins when time passes.

import type { Cluster } from "../../cluster/index.ts";
import {
  durationKind,
  hostKind,
  type Kind,
  optional,
  readArguments,
  shareKind,
  type Scope,
  takeFlag,
  wordKind,
} from "./arguments.ts";
import { viewFaults } from "../view-faults.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { HostState, Session } from "./session.ts";
import { type Verb, withArguments } from "./verb.ts";
import { show } from "./verbs-look.ts";

export const worldVerbs: readonly Verb[] = [
  hostVerb("crash", {
    help: "Ends a host at once: its memory, its tasks and what it had not sent are gone.",
    from: ["up", "paused"],
    to: "down",
  }),
  hostVerb("restart", {
    help: "Switches a crashed host on again: empty memory, same name, next incarnation.",
    from: ["down"],
    to: "up",
  }),
  hostVerb("pause", {
    help: "Lets a host stand still and lose nothing.",
    from: ["up"],
    to: "paused",
  }),
  hostVerb("continue", { help: "Lets a paused host go on.", from: ["paused"], to: "up" }),
  {
    name: "declare",
    usage: "declare HOST [dead]",
    topic: "world",
    help: "Tells all others that this host is dead for good, instead of waiting for silence.",
    examples: ["declare h2 dead"],
    words: [hostKind, optional(wordKind("dead"))],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [hostKind, optional(wordKind("dead"))], scope),
        ([host]) =>
          async ({ cluster }) => {
            cluster.declare(host);
            return done;
          },
      ),
  },
  {
    name: "cut",
    usage: "cut HOST HOST [--one-way]",
    topic: "world",
    help: "Cuts the cable between two hosts; what is on it still arrives.",
    examples: ["cut h1 h2", "cut h1 h2 --one-way"],
    words: [hostKind, hostKind],
    options: [{ name: "--one-way", value: null, help: "From the first to the second only." }],
    more: ["--one-way: nothing gets from the first to the second any more; the way back is whole."],
    prepare: ({ args, scope }) => {
      const flag = takeFlag(args, "--one-way");
      const ends = readEnds(flag.rest, scope);
      if ("wrong" in ends) return ends;
      const [a, b] = ends.value;
      return { run: onCluster((cluster) => cluster.cut(a, b, { oneWay: flag.given })) };
    },
  },
  {
    name: "heal",
    usage: "heal HOST HOST",
    topic: "world",
    help: "Joins a cut cable again, in both directions.",
    examples: ["heal h1 h2"],
    words: [hostKind, hostKind],
    prepare: ({ args, scope }) => {
      const ends = readEnds(args, scope);
      if ("wrong" in ends) return ends;
      const [a, b] = ends.value;
      return { run: onCluster((cluster) => cluster.heal(a, b)) };
    },
  },
  {
    name: "delay",
    usage: "delay HOST HOST DURATION",
    topic: "world",
    help: "Makes a cable slower by so much in both directions; 0ms takes it away.",
    examples: ["delay h1 h2 20ms"],
    words: [hostKind, hostKind, durationKind],
    prepare: ({ args, scope }) => {
      const ends = readEnds(args.slice(0, 2), scope);
      if ("wrong" in ends) return ends;
      return withArguments(readArguments(args.slice(2), [durationKind], scope), ([ns]) =>
        onCluster((cluster) => cluster.delay(ends.value[0], ends.value[1], ns)),
      );
    },
  },
  {
    name: "drop",
    usage: "drop HOST HOST SHARE",
    topic: "world",
    help: "Loses this share of what goes over a cable, in both directions; 0% ends it.",
    examples: ["drop h1 h2 5%"],
    words: [hostKind, hostKind, shareKind],
    prepare: ({ args, scope }) => {
      const ends = readEnds(args.slice(0, 2), scope);
      if ("wrong" in ends) return ends;
      return withArguments(readArguments(args.slice(2), [shareKind], scope), ([share]) =>
        onCluster((cluster) => cluster.drop(ends.value[0], ends.value[1], share)),
      );
    },
  },
  {
    name: "faults",
    usage: "faults [--json]",
    topic: "world",
    help: "What is broken now, or makes trouble: hosts, cables, and what `--net` draws.",
    examples: ["faults"],
    options: [{ name: "--json", value: null, help: "One line of JSON." }],
    prepare: ({ args, scope }) => {
      const flag = takeFlag(args, "--json");
      const read = readArguments(flag.rest, [], scope);
      if ("wrong" in read) return read;
      return { run: (session) => Promise.resolve(show(session, viewFaults(session), flag.given)) };
    },
  },
];

interface HostChange {
  readonly help: string;
  /** States in which it makes sense. */
  readonly from: readonly HostState[];
  readonly to: HostState;
}

function hostVerb(name: "crash" | "restart" | "pause" | "continue", change: HostChange): Verb {
  return {
    name,
    usage: `${name} HOST`,
    topic: "world",
    help: change.help,
    examples: [`${name} h2`],
    words: [hostKind],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [hostKind], scope),
        ([host]) =>
          (session) =>
            Promise.resolve(changeHost(session, name, host, change)),
      ),
  };
}

function changeHost(
  session: Session,
  name: "crash" | "restart" | "pause" | "continue",
  host: string,
  { from, to }: HostChange,
): Outcome {
  const state = session.hostState(host);
  if (!from.includes(state)) return failed(`${host} to ${name}`, `it is ${state}`);
  session.cluster[name](host);
  session.setHostState(host, to);
  return done;
}

function readEnds(
  args: readonly string[],
  scope: Scope,
): { readonly value: readonly [string, string] } | { readonly wrong: string } {
  const kinds: readonly [Kind<string>, Kind<string>] = [hostKind, hostKind];
  const read = readArguments(args, kinds, scope);
  if ("wrong" in read) return read;
  const [a, b] = read.value;
  return a === b ? { wrong: `expected two hosts, got ${a} twice` } : read;
}

function onCluster(change: (cluster: Cluster) => void): (session: Session) => Promise<Outcome> {
  return ({ cluster }) => {
    change(cluster);
    return Promise.resolve(done);
  };
}
