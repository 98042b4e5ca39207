// The door of commands: each is one world event for each host that it concerns, at the present
// virtual time, and is logged. Here are those to hosts and cables.

import { control, type HostId, makeMessage, type Message, wellKnownPort } from "../ports/index.ts";
import { UsageError } from "./config.ts";
import type { WorldCommand } from "./inputs.ts";
import { ClusterObservation } from "./observation.ts";
import type { LoggedCommand } from "./recording.ts";

export abstract class ClusterCommands extends ClusterObservation {
  /** Every command so far, in order: with the options it is all that the run was made of. */
  readonly log: LoggedCommand[] = [];

  /** Memory, tasks, queues and packets inside the host are gone; its stable store is kept. */
  crash(host: string): void {
    this.#world(this.hostId(host), { do: "crash" });
  }

  restart(host: string): void {
    this.#world(this.hostId(host), { do: "restart" });
  }

  pause(host: string): void {
    this.#world(this.hostId(host), { do: "pause" });
  }

  continue(host: string): void {
    this.#world(this.hostId(host), { do: "continue" });
  }

  /** Cuts a cable in both directions, or from a to b only. What was handed to it still arrives. */
  cut(a: string, b: string, options: { readonly oneWay?: boolean } = {}): void {
    if (options.oneWay) this.#world(this.hostId(a), { do: "cut", peer: this.#otherEnd(a, b) });
    else this.#cable(a, b, (peer) => ({ do: "cut", peer }));
  }

  heal(a: string, b: string): void {
    this.#cable(a, b, (peer) => ({ do: "heal", peer }));
  }

  /** Adds a delay to a cable, in both directions; 0 takes it away. */
  delay(a: string, b: string, ns: number): void {
    if (!(Number.isSafeInteger(ns) && ns >= 0)) throw new UsageError(`delay: ${ns} ns is no delay`);
    this.#cable(a, b, (peer) => ({ do: "delay", peer, ns }));
  }

  /** Loses a share of what is handed to a cable, in both directions, in parts of a million. */
  drop(a: string, b: string, ppm: number): void {
    if (!(Number.isInteger(ppm) && ppm >= 0 && ppm <= 1_000_000)) {
      throw new UsageError(`drop: ${ppm} is no number of parts of a million`);
    }
    this.#cable(a, b, (peer) => ({ do: "drop", peer, ppm }));
  }

  /** Tells every other host that this host's incarnation is dead for good. */
  declare(host: string): void {
    const dead = this.hostId(host);
    for (let id = 0; id <= this.hosts; id++) {
      if (id !== dead) this.order(id, makeMessage(control.declare, { host: dead }) as Message);
    }
  }

  protected order(
    host: HostId,
    message: Message,
    to: "control" | "console" | "pipes" = "control",
  ): void {
    this.#world(host, { do: "order", to: wellKnownPort(host, to), message });
  }

  protected enter(logged: LoggedCommand): void {
    const { time, number, host, command } = logged;
    this.log.push(logged);
    this.time.driver.request(host, [{ ask: "world", time, number, command }]);
  }

  #world(host: HostId, command: WorldCommand): void {
    this.enter({ time: this.now, number: this.log.length, host, command });
  }

  #cable(a: string, b: string, command: (peer: HostId) => WorldCommand): void {
    const [one, other] = [this.hostId(a), this.#otherEnd(a, b)];
    this.#world(one, command(other));
    this.#world(other, command(one));
  }

  #otherEnd(a: string, b: string): HostId {
    const end = this.hostId(b);
    if (end === this.hostId(a)) throw new UsageError(`a cable has two ends: ${a} is given twice`);
    return end;
  }
}
