// No-senders is told when the last send right is gone: not before, and not never.
//
//   asked ──▶ (rights are made, and end) ──▶ fired        travelling and death take the request away
//
// Whoever asks when there are no rights, and have been none since, is told nothing.

import { deathOf, type History } from "./history.ts";
import { countHolders, createHolders, followHolders, namesOfHolders } from "./holders.ts";
import { type CheckOptions, textOf, type Violation } from "./violation.ts";

interface Armed {
  /** Whether there was a sender when it was asked, or has been one since. */
  hadSenders: boolean;
}

export function checkNoSenders(history: History, { quiet }: CheckOptions): readonly Violation[] {
  const found: Violation[] = [];
  const holders = createHolders("send");
  const armed = new Map<string, Armed>();
  for (const event of history.events) {
    followHolders(holders, event);
    const port = textOf(event, "port");
    switch (event.event) {
      case "port.no-senders-asked":
        armed.set(port, { hadSenders: countHolders(holders, port) > 0 });
        break;
      case "right.made": {
        const request = armed.get(port);
        if (request && event["kind"] === "send") request.hadSenders = true;
        break;
      }
      case "port.travelling":
      case "port.dead":
        armed.delete(port);
        break;
      case "port.no-senders": {
        const wrong = fired(armed.has(port), namesOfHolders(holders, port));
        armed.delete(port);
        if (wrong !== null) {
          const sentence = `${port}: ${wrong}`;
          found.push({ checker: "no-senders", at: event.at, port, sentence });
        }
        break;
      }
      case "host.crash":
        for (const name of armed.keys()) {
          if (holders.places.get(name) === event.host) armed.delete(name);
        }
        break;
    }
  }
  if (!quiet) return found;
  for (const [port, { hadSenders }] of armed) {
    if (!hadSenders || countHolders(holders, port) > 0 || deathOf(history, port)) continue;
    const sentence = `${port}: nobody holds a send right, and nobody was told`;
    found.push({ checker: "no-senders", at: history.end, port, sentence });
  }
  return found;
}

function fired(asked: boolean, names: string): string | null {
  if (names !== "") return `no senders were told, but ${names} holds a send right`;
  return asked ? null : "no senders were told to nobody who asked, or twice";
}
