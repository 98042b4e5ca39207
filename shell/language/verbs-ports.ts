// Verbs for ports and rights: made, moved, given, dropped, sent to and received from by the operator.

import { countedLimitMax, locationNames } from "../../ports/index.ts";
import { oneOf } from "../options-values.ts";
import { parseCount, type Parsed } from "../units.ts";
import { anyOf, hostKind, type Kind, readArguments, takeOption, wordKind } from "./arguments.ts";
import { done } from "./outcome.ts";
import {
  holderKind,
  type HolderName,
  holderOf,
  isDown,
  isFailure,
  judged,
  nameKind,
  ready,
} from "./port-words.ts";
import type { Action, Call, Prepared, Verb } from "./verb.ts";
import { messageVerb, receiveVerb } from "./verbs-messages.ts";

const policyKind: Kind<string> = anyOf("POLICY", { from: "words", words: locationNames });

export const portVerbs: readonly Verb[] = [
  {
    name: "port",
    usage:
      "port NAME on HOST|JOB [--queue N] [--location POLICY] | move HOST [--location POLICY] | destroy",
    topic: "ports",
    help: "Makes a port, moves its receive right to another host's own space, or destroys it.",
    examples: ["port a on h1", "port b on %1 --queue 2", "port a move h3", "port a destroy"],
    words: [
      nameKind,
      anyOf("on|move|destroy", { from: "words", words: ["on", "move", "destroy"] }),
      holderKind,
    ],
    options: [
      { name: "--queue", value: anyOf("N"), help: "Its queue limit." },
      { name: "--location", value: policyKind, help: "How it is found when it has moved." },
    ],
    more: [
      "on: in the name space of a host's agent or of a job; a job's ports move with it.",
      `--queue N: its queue limit, 1 to ${countedLimitMax} (5). --location: ${locationNames.join(", ")}.`,
      "With & nothing waits, and nothing is said of the outcome.",
    ],
    background: true,
    prepare: preparePort,
  },
  {
    name: "right",
    usage: "right send|send-once NAME to HOST|JOB as NAME2 | drop NAME2",
    topic: "ports",
    help: "Gives a right to send to the port NAME, or a copy of the right NAME; or drops one.",
    examples: ["right send a to h2 as ra", "right send-once a to %1 as once", "right drop ra"],
    words: [
      anyOf("send|send-once|drop", { from: "words", words: ["send", "send-once", "drop"] }),
      nameKind,
      wordKind("to"),
      holderKind,
      wordKind("as"),
      nameKind,
    ],
    more: [
      "A right of a port is made where its receive right is. Of a right, send is copied, and",
      "send-once moves. Whoever has a right is told when its port dies.",
    ],
    background: true,
    prepare: prepareRight,
  },
  messageVerb,
  receiveVerb,
];

interface PortOptions {
  readonly queue: number;
  readonly policy: string;
  readonly rest: readonly string[];
}

function takePortOptions(args: readonly string[]): Parsed<PortOptions> {
  const queue = takeOption(args, "--queue");
  if ("wrong" in queue) return queue;
  const policy = takeOption(queue.value.rest, "--location");
  if ("wrong" in policy) return policy;
  const limit = parseCount(queue.value.text ?? "5", { min: 1, max: countedLimitMax });
  if ("wrong" in limit) return { wrong: `--queue: expected ${limit.wrong}` };
  const { text } = policy.value;
  const named = text === undefined ? { value: "" } : oneOf<string>(text, locationNames);
  if ("wrong" in named) return { wrong: `--location: expected ${named.wrong}, got "${text}"` };
  return { value: { queue: limit.value, policy: named.value, rest: policy.value.rest } };
}

function preparePort({ args, scope, background }: Call): Prepared {
  const options = takePortOptions(args);
  if ("wrong" in options) return options;
  const { queue, policy, rest } = options.value;
  const queued = queue !== 5 || args.some((text) => text.startsWith("--queue"));
  const what = rest[1];
  if (what !== "on" && queued) return { wrong: "--queue goes with on: a limit is for life" };
  switch (what ?? "") {
    case "on":
      return ready(readArguments(rest, [nameKind, wordKind("on"), holderKind], scope), (read) =>
        makePort(read[0], read[2], { queue, policy }, background),
      );
    case "move":
      return ready(readArguments(rest, [nameKind, wordKind("move"), hostKind], scope), (read) =>
        movePort(read[0], read[2], policy, background),
      );
    case "destroy":
      return ready(readArguments(rest, [nameKind, wordKind("destroy")], scope), ([name]) =>
        destroyPort(name, background),
      );
    default:
      return { wrong: `expected NAME, then on, move or destroy, got "${rest.join(" ")}"` };
  }
}

function makePort(
  name: string,
  on: HolderName,
  options: { readonly queue: number; readonly policy: string },
  background: boolean,
): Action {
  return async (session) => {
    const holder = holderOf(session, on);
    if (isFailure(holder)) return holder;
    const taken = session.names.livePort(name);
    if (taken) return taken;
    const { ports } = session.cluster;
    const command = ports.postMake(holder, options);
    session.names.setOpen(name, command, ({ port }) => ({
      is: "port",
      ref: { uid: port, holder },
      received: [],
    }));
    return background ? done : judged(session, command, `the port ${name} to be made`);
  };
}

function movePort(name: string, host: string, policy: string, background: boolean): Action {
  return async (session) => {
    const port = session.names.port(name);
    if ("at" in port) return port;
    const expected = `${name} to move to ${host}`;
    const down = background ? undefined : isDown(session, host, expected);
    if (down) return down;
    const command = session.cluster.ports.postMove(port.ref, host, { policy });
    if (background) {
      session.names.setMoving(port, command, host);
      return done;
    }
    const outcome = await judged(session, command, expected);
    if (outcome.at === "done") port.ref.holder = host;
    return outcome;
  };
}

function destroyPort(name: string, background: boolean): Action {
  return async (session) => {
    const port = session.names.port(name);
    if ("at" in port) return port;
    const command = session.cluster.ports.postDestroy(port.ref);
    return background ? done : judged(session, command, `${name} to be destroyed`);
  };
}

function prepareRight({ args, scope, background }: Call): Prepared {
  const [what] = args;
  if (what === "drop") {
    return ready(readArguments(args, [wordKind("drop"), nameKind], scope), ([, name]) =>
      dropRight(name, background),
    );
  }
  if (what !== "send" && what !== "send-once") {
    return { wrong: `expected send, send-once or drop, got "${what ?? "nothing"}"` };
  }
  const kinds = [
    wordKind(what),
    nameKind,
    wordKind("to"),
    holderKind,
    wordKind("as"),
    nameKind,
  ] as const;
  return ready(readArguments(args, kinds, scope), ([, from, , to, , name]) =>
    giveRight({ kind: what, from, to, name }, background),
  );
}

interface Gift {
  readonly kind: "send" | "send-once";
  readonly from: string;
  readonly to: HolderName;
  readonly name: string;
}

function giveRight({ kind, from, to, name }: Gift, background: boolean): Action {
  return async (session) => {
    const source = session.names.find(from);
    if ("at" in source) return source;
    const holder = holderOf(session, to);
    if (isFailure(holder)) return holder;
    const expected = `the right ${name} to be given`;
    const down = background ? undefined : isDown(session, holder, expected);
    const refused = down ?? session.names.livePort(name);
    if (refused) return refused;
    const command = session.cluster.ports.postGive(source.ref, kind, holder);
    const port = source.is === "port" ? source.ref.uid : source.ref.port;
    session.names.setOpen(name, command, ({ once }) => ({
      is: "right",
      ref: { port, kind, holder, once },
    }));
    return background ? done : judged(session, command, expected);
  };
}

function dropRight(name: string, background: boolean): Action {
  return async (session) => {
    const right = session.names.right(name);
    if ("at" in right) return right;
    const command = session.cluster.ports.postDrop(right.ref);
    session.names.remove(name);
    return background ? done : judged(session, command, `the right ${name} to be dropped`);
  };
}
