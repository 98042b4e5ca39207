// What happens in a world of the soak: a plain list of timed steps. Each is one line of a script.

import { printDuration } from "../units.ts";

/** Who acts: a host's own space, or a task's, by the number of its job. */
export type Holder = { readonly host: string } | { readonly job: number };

export type Deed =
  | { readonly do: "run"; readonly job: number; readonly host: string }
  | { readonly do: "port"; readonly port: string; readonly on: Holder; readonly queue: number }
  | {
      readonly do: "right";
      readonly kind: "send" | "send-once";
      readonly port: string;
      readonly to: Holder;
      readonly right: string;
    }
  | {
      readonly do: "message";
      readonly to: string;
      readonly text: string;
      readonly from: Holder;
      readonly thread: number;
      readonly reply?: string;
      readonly carry?: { readonly kind: "send" | "receive"; readonly right: string };
      readonly timeoutNs?: number;
    }
  /** What comes with the message gets these names. */
  | {
      readonly do: "receive";
      readonly port: string;
      readonly reply: string;
      readonly right: string;
    }
  /** The request that came with that reply right is answered. */
  | { readonly do: "answer"; readonly reply: string }
  | { readonly do: "drop"; readonly right: string }
  | { readonly do: "destroy"; readonly port: string }
  | { readonly do: "move"; readonly port: string; readonly host: string }
  | { readonly do: "migrate"; readonly job: number; readonly host: string }
  | { readonly do: "crash" | "restart" | "pause" | "continue"; readonly host: string }
  | { readonly do: "cut"; readonly a: string; readonly b: string; readonly oneWay: boolean }
  | { readonly do: "heal"; readonly a: string; readonly b: string };

export type Step = Deed & { readonly at: number };

function holderName(holder: Holder): string {
  return "host" in holder ? holder.host : `%${holder.job}`;
}

/** The line of the step. Who answers a request is known only once it has been received. */
export function lineOf(step: Step, answerer?: string): string {
  return `at ${printDuration(step.at)} ${commandOf(step, answerer)}`;
}

export function commandOf(deed: Deed, answerer?: string): string {
  switch (deed.do) {
    case "run":
      return `run --on ${deed.host} count 1000 10s &`;
    case "port":
      return `port ${deed.port} on ${holderName(deed.on)} --queue ${deed.queue} &`;
    case "right":
      return `right ${deed.kind} ${deed.port} to ${holderName(deed.to)} as ${deed.right} &`;
    case "message":
      return messageLine(deed);
    case "receive":
      return `receive ${deed.port} reply ${deed.reply} right ${deed.right} &`;
    case "answer":
      return `message ${deed.reply} answer from ${answerer ?? ""} --thread 7 &`;
    case "drop":
      return `right drop ${deed.right} &`;
    case "destroy":
      return `port ${deed.port} destroy &`;
    case "move":
      return `port ${deed.port} move ${deed.host} &`;
    case "migrate":
      return `migrate %${deed.job} ${deed.host} &`;
    case "cut":
      return `cut ${deed.a} ${deed.b}${deed.oneWay ? " --one-way" : ""}`;
    case "heal":
      return `heal ${deed.a} ${deed.b}`;
    case "crash":
    case "restart":
    case "pause":
    case "continue":
      return `${deed.do} ${deed.host}`;
  }
}

function messageLine(deed: Deed & { readonly do: "message" }): string {
  const options = [
    ...(deed.thread === 1 ? [] : ["--thread", String(deed.thread)]),
    ...(deed.reply === undefined ? [] : ["--reply", deed.reply]),
    ...(deed.carry === undefined ? [] : ["--with", `${deed.carry.kind}:${deed.carry.right}`]),
    ...(deed.timeoutNs === undefined ? [] : ["--timeout", printDuration(deed.timeoutNs)]),
  ];
  const words = ["message", deed.to, deed.text, "from", holderName(deed.from), ...options, "&"];
  return words.join(" ");
}
