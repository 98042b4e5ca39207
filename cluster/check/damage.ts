// What the loss of a host does to tasks, as the trace has it, and whether a host was lost at all.
//
//   bus-error    a page was needed that only the lost host had
//   unanswered   a call was waiting for an answer that will not come
//   message      a message may or may not have arrived: whoever sent it was told that it had
//   lost         the task was there

import { hostName } from "../../ports/index.ts";
import { numberOf, textOf, type TraceEvent } from "./violation.ts";

export interface Damage {
  readonly pid: number;
  readonly what: "bus-error" | "unanswered" | "message" | "lost";
  /** The host whose loss it was; empty if the trace does not say. */
  readonly host: string;
  readonly at: number;
}

export function damagesIn(events: readonly TraceEvent[]): readonly Damage[] {
  return events.flatMap((event): Damage[] => {
    const { at } = event;
    const pid = numberOf(event, "pid");
    switch (event.event) {
      case "task.exit":
        if (typeof event["lostHost"] !== "number") return [];
        return [{ pid, what: "bus-error", host: hostName(event["lostHost"]), at }];
      case "msg.unanswered":
        return [{ pid, what: "unanswered", host: "", at }];
      case "ipc.outcome": {
        if (event["definite"] !== false) return [];
        const sender = Number.parseInt(textOf(event, "by"));
        return [{ pid: sender, what: "message", host: "", at }];
      }
      case "task.died-with-host":
      case "task.disowned":
        return [{ pid, what: "lost", host: event.host, at }];
      case "task.lost":
        return [{ pid, what: "lost", host: textOf(event, "owner"), at }];
      case "migrate.given-up":
        return [{ pid, what: "lost", host: textOf(event, "home"), at }];
      default:
        return [];
    }
  });
}

export interface EndedTask {
  readonly pid: number;
  /** As it ended where no host was lost. */
  readonly asExpected: boolean;
  /** The tasks whose fate becomes its own. */
  readonly partners: readonly number[];
}

/** A line for each damage that no lost host explains, and for each end that no damage explains. */
export function unexplained(
  events: readonly TraceEvent[],
  ended: readonly EndedTask[],
): readonly string[] {
  const damages = damagesIn(events);
  const losses = lossesIn(events);
  const hurt = new Set(damages.map(({ pid }) => pid));
  return [
    ...damages.flatMap((damage) => {
      const { pid, what, host, at } = damage;
      const cause = losses.some((loss) => loss.at <= at && (host === "" || loss.host === host));
      return cause ? [] : [`${pid}: ${what}${host && ` for ${host}`}, and no such host was lost`];
    }),
    ...ended
      .filter(({ pid, asExpected }) => !asExpected && !hurt.has(pid))
      .filter(({ partners }) => !partners.some((pid) => hurt.has(pid)))
      .map(({ pid }) => `${pid}: ended otherwise, and nothing has hurt it`),
  ];
}

/** Hosts that crashed, and those that others hold for dead. */
function lossesIn(
  events: readonly TraceEvent[],
): readonly { readonly host: string; readonly at: number }[] {
  return events.flatMap((event) => {
    if (event.event === "host.crash") return [{ host: event.host, at: event.at }];
    if (event.event !== "link.dead") return [];
    return [textOf(event, "peer"), event.host].map((host) => ({ host, at: event.at }));
  });
}
