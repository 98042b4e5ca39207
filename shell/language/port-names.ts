// What the names of a session's ports and rights stand for.
//
//   line with & ──▶ ordered ──(the order is done)──▶ known ──▶ moved, given, received …
//
// A name whose order is still open is looked up when a later line uses it.

import type {
  Cluster,
  Holder,
  OrderResult,
  PortRef,
  ReceivedRight,
  RightRef,
} from "../../cluster/index.ts";
import { suggestion } from "../nearest.ts";
import { failed, type Failure } from "./outcome.ts";

/** What an order of this number will have made, or received. */
type Entry =
  | { readonly is: "port"; readonly ref: PortRef; readonly received: string[] }
  | { readonly is: "right"; readonly ref: RightRef }
  | { readonly is: "open"; readonly command: number; readonly then: Bind };

interface Moving {
  readonly command: number;
  readonly host: string;
}

/** Makes the name's entry of what the order came to; null: it came to nothing. */
export type Bind = (result: OrderResult) => Known | null;
export type Known = Exclude<Entry, { readonly is: "open" }>;
export type NamedPort = Extract<Entry, { readonly is: "port" }>;
export type NamedRight = Extract<Entry, { readonly is: "right" }>;

export class PortNames {
  readonly #cluster: Cluster;
  readonly #entries = new Map<string, Entry>();
  /** Moves that nobody waited for, by port: it is there once its order is done. */
  readonly #moves = new Map<string, Moving[]>();
  /** Notifications that an `expect` has already had, by kind and port. */
  readonly #expected = new Map<string, number>();

  /** Orders to receive that a line gave up waiting for: the port's next message is theirs. */
  readonly #givenUp = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  setPort(name: string, ref: PortRef): void {
    this.#entries.set(name, { is: "port", ref, received: [] });
  }

  setRight(name: string, ref: RightRef): void {
    this.#entries.set(name, { is: "right", ref });
  }

  /** The name will stand for what comes of the order. */
  setOpen(name: string, command: number, then: Bind): void {
    this.#entries.set(name, { is: "open", command, then });
  }

  /** The port will be there when the order is done, if it is carried out. */
  setMoving({ ref }: NamedPort, command: number, host: string): void {
    this.#moves.set(ref.uid, [...(this.#moves.get(ref.uid) ?? []), { command, host }]);
  }

  #noteMoves(ref: PortRef): void {
    const moves = this.#moves.get(ref.uid) ?? [];
    if (moves.length === 0) return;
    const open: Moving[] = [];
    for (const move of moves) {
      const result = this.#cluster.ports.result(move.command);
      if (result?.ok) ref.holder = move.host;
      else open.push(move);
    }
    this.#moves.set(ref.uid, open);
    this.#look(ref);
  }

  /** Orders may end in another order, or with their host untold: the port itself tells. */
  #look(ref: PortRef): void {
    const view = this.#cluster.ports.list().find(({ uid }) => uid === ref.uid);
    if (view?.owner === view?.host && view) ref.holder = view.host;
  }

  /** All names, for completion. */
  get all(): readonly string[] {
    return [...this.#entries.keys()];
  }

  remove(name: string): void {
    this.#entries.delete(name);
  }

  /** The port of this uid, if a name stands for it. */
  portOf(uid: string): NamedPort | undefined {
    for (const name of [...this.#entries.keys()]) this.find(name);
    for (const entry of this.#entries.values()) {
      if (entry.is === "port" && entry.ref.uid === uid) return entry;
    }
    return undefined;
  }

  /** The name of the port of this uid. */
  nameOf(uid: string): string | undefined {
    this.portOf(uid);
    for (const [name, entry] of this.#entries) {
      if (entry.is === "port" && entry.ref.uid === uid) return name;
    }
    return undefined;
  }

  noteGivenUp({ ref }: NamedPort, command: number): void {
    this.#givenUp.set(ref.uid, command);
  }

  /** An order that is still open, or has had a message since: a later line takes it over. */
  takeGivenUp({ ref }: NamedPort): number | undefined {
    const command = this.#givenUp.get(ref.uid);
    this.#givenUp.delete(ref.uid);
    const result = command === undefined ? null : this.#cluster.ports.result(command);
    return result && !result.message ? undefined : command;
  }

  /** The failure to use the name for something else, while a port that it stands for lives. */
  livePort(name: string): Failure | undefined {
    const known = this.#entries.has(name) ? this.find(name) : undefined;
    if (!known || "at" in known || known.is !== "port") return undefined;
    const lives = this.#cluster.ports.list().some(({ uid }) => uid === known.ref.uid);
    return lives ? failed("a new name", `${name}, which is a port`) : undefined;
  }

  port(name: string): NamedPort | Failure {
    const entry = this.find(name);
    if ("at" in entry) return entry;
    return entry.is === "port" ? entry : failed("a port", `${name}, which is a right`);
  }

  right(name: string): NamedRight | Failure {
    const entry = this.find(name);
    if ("at" in entry) return entry;
    return entry.is === "right" ? entry : failed("a right", `${name}, which is a port`);
  }

  find(name: string): Known | Failure {
    const entry = this.#entries.get(name);
    if (!entry) {
      const near = suggestion(name, [...this.#entries.keys()]);
      return failed("the name of a port or a right", `no such name: ${name}${near}`);
    }
    if (entry.is === "port") this.#noteMoves(entry.ref);
    if (entry.is !== "open") return entry;
    const result = this.#cluster.ports.result(entry.command);
    if (!result) return failed(`${name} to be there`, "its order is not done yet");
    const known = result.ok ? entry.then(result) : null;
    if (!known) return failed(`${name} to be there`, "its order came to nothing");
    this.#entries.set(name, known);
    return known;
  }

  /** How many notifications of the kind about the port there are that nobody has expected yet. */
  unexpected(kind: string, uid: string): number {
    const had = this.#expected.get(`${kind} ${uid}`) ?? 0;
    const all = this.#cluster.ports.notified.filter((one) => one.kind === kind && one.port === uid);
    return all.length - had;
  }

  noteExpected(kind: string, uid: string): void {
    const key = `${kind} ${uid}`;
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
  }
}

/** The uid that a name stands for, of a port or of a right to it. */
export function uidOf(entry: Known): string {
  return entry.is === "port" ? entry.ref.uid : entry.ref.port;
}

/** A right that came in a message, as a name can stand for it. */
export function entryOfReceived(right: ReceivedRight | undefined, holder: Holder): Known | null {
  if (!right || right.kind === "dead") return null;
  const { kind, port, once } = right;
  if (kind === "receive") return { is: "port", ref: { uid: port, holder }, received: [] };
  return { is: "right", ref: { port, kind, holder, once } };
}
