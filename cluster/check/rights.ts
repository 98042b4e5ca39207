// Rights are conserved: what a receive right has given out is somewhere, and what ends comes back.
//
//   outstanding = made + granted − returned            at all times, as the port's host says it
//   dropped = returned                                 at rest
//   outstanding = 0  ⟺  nobody holds a send right      at rest
//
// When a host is lost its part is found out by a recount; then only those who still hold count.

import { deathOf, type History, lastHostOf, lostAfter } from "./history.ts";
import { countHolders, createHolders, followHolders, namesOfHolders } from "./holders.ts";
import {
  type CheckOptions,
  numberOf,
  textOf,
  type TraceEvent,
  type Violation,
} from "./violation.ts";

interface Account {
  readonly port: string;
  outstanding: number;
  dropped: number;
  returned: number;
}

export function checkRights(history: History, { quiet }: CheckOptions): readonly Violation[] {
  const found: Violation[] = [];
  const accounts = new Map<string, Account>();
  const holders = createHolders("send");
  for (const event of history.events) {
    followHolders(holders, event);
    if (!event.event.startsWith("right.")) continue;
    const port = textOf(event, "port");
    const account = accounts.get(port) ?? { port, outstanding: 0, dropped: 0, returned: 0 };
    accounts.set(port, account);
    const wrong = book(account, event);
    if (wrong !== null) {
      const sentence = `${port}: ${wrong}`;
      found.push({ checker: "rights", at: event.at, port, sentence });
    }
  }
  if (!quiet) return found;
  for (const account of accounts.values()) {
    const { port } = account;
    if (deathOf(history, port) || lostAfter(history, lastHostOf(history, port), 0)) continue;
    const held = countHolders(holders, port);
    const wrong = atRest(account, held, namesOfHolders(holders, port), history.losses.size > 0);
    if (wrong === null) continue;
    const sentence = `${port}: ${wrong}`;
    found.push({ checker: "rights", at: history.end, port, sentence });
  }
  return found;
}

/** What is wrong with the event, or null. */
function book(account: Account, event: TraceEvent): string | null {
  const transits = numberOf(event, "transits");
  switch (event.event) {
    case "right.made":
      if (event["kind"] === "send") account.outstanding += numberOf(event, "count");
      return null;
    case "right.dropped":
      if (event["kind"] === "send") account.dropped += numberOf(event, "count");
      return null;
    case "right.granted":
      account.outstanding += transits;
      break;
    case "right.returned":
      account.outstanding -= transits;
      account.returned += transits;
      break;
    case "right.recounted":
      account.outstanding = transits;
      return null;
    default:
      return null;
  }
  const said = numberOf(event, "outstanding");
  const { outstanding } = account;
  account.outstanding = said;
  if (said < 0) return `${said} transits are outstanding`;
  if (said === outstanding) return null;
  return `${said} transits are said to be outstanding, ${outstanding} are`;
}

function atRest(
  { outstanding, dropped, returned }: Account,
  held: number,
  names: string,
  losses: boolean,
): string | null {
  if (held > 0 && outstanding === 0) return `no transit is outstanding, but ${names} holds one`;
  if (losses) return null;
  if (dropped !== returned) return `${dropped} transits were dropped, ${returned} came back`;
  if (held === 0 && outstanding > 0) return `${outstanding} transits are held by nobody`;
  return null;
}
