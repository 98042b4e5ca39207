// Carries out the steps of a plan: each is a line of the shell that does not wait.
//
// A step whose ground has gone (a right that was never given, a host that is down) is refused: it
// does nothing and is not among the lines of the script that does the same.

import type { Cluster, PortView } from "../../cluster/index.ts";
import { prepareLine, runLine, Session } from "../language/index.ts";
import { type Settings, settingsDefault } from "../options.ts";
import { commandOf, lineOf, type Step } from "./step.ts";

export interface Actor {
  readonly cluster: Cluster;
  readonly session: Session;
  readonly settings: Settings;
  /** Names that stand for ports, or may: of those that were made, and of those that came in messages. */
  readonly ports: string[];
  readonly cuts: Map<string, { readonly a: string; readonly b: string }>;
  /** The lines of the steps that were carried out. */
  readonly lines: string[];
}

export function createActor(cluster: Cluster, hosts: number): Actor {
  const settings = { ...settingsDefault, hosts };
  const silent = (): void => undefined;
  const session = new Session({ cluster, settings, print: silent, talk: silent });
  return { cluster, session, settings, ports: [], cuts: new Map(), lines: [] };
}

/** Requires: it is the time of the step. */
export async function act(actor: Actor, step: Step): Promise<void> {
  const answerer = step.do === "answer" ? holderOf(actor, step.reply) : "";
  if (answerer === null) return;
  const prepared = prepareLine(commandOf(step, answerer), actor.settings);
  if (!("run" in prepared)) return;
  const outcome = await runLine(actor.session, prepared);
  if (outcome.at !== "done") return;
  actor.lines.push(lineOf(step, answerer));
  if (step.do === "port") actor.ports.push(step.port);
  if (step.do === "receive") actor.ports.push(step.right);
  if (step.do === "cut") actor.cuts.set(`${step.a} ${step.b}`, step);
  if (step.do === "heal") {
    actor.cuts.delete(`${step.a} ${step.b}`);
    actor.cuts.delete(`${step.b} ${step.a}`);
  }
}

/** Who has the reply right of that name; null: no request has come yet. */
function holderOf({ session }: Actor, name: string): string | null {
  const right = session.names.right(name);
  if ("at" in right || right.ref.kind !== "send-once") return null;
  const { holder } = right.ref;
  return typeof holder === "string" ? holder : `%${holder.job}`;
}

/** A name under which a port can be received from where it is; undefined if there is none. */
export function nameOf({ session, ports }: Actor, { uid, owner }: PortView): string | undefined {
  return ports.find((name) => {
    const port = session.names.port(name);
    if ("at" in port || port.ref.uid !== uid) return false;
    const { holder } = port.ref;
    return owner === (typeof holder === "string" ? holder : String(holder.pid));
  });
}
