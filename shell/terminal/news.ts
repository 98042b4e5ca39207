// What a shell says of its jobs before the next prompt: which have ended, and which were stopped.
//
//   %1 done  count 5        %1 exit 3  false        %2 stopped (SIGTTIN)  cat
//
// Each is told once. Of a job that was in the foreground the line itself has spoken.

import { signalName } from "../../kernel/index.ts";
import { type Job, stateOf, stopOf } from "../language/jobs.ts";
import type { Session } from "../language/session.ts";

export class News {
  readonly #session: Session;
  /** Jobs whose end has been told, and the stops that have. */
  readonly #ended = new Set<Job>();
  readonly #stops = new Map<Job, number>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** A line has had the job in the foreground: whoever sits there has seen what became of it. */
  seen(job: Job): void {
    if (stateOf(job) === "ended") this.#ended.add(job);
    const stop = stopOf(job);
    if (stop) this.#stops.set(job, stop.at);
  }

  /** A session that goes on from a recording: its jobs have been told of there. */
  seenAll(): void {
    for (const job of this.#session.jobs.named) this.seen(job);
  }

  tell(): void {
    for (const job of this.#session.jobs.named) {
      if (stateOf(job) === "ended") this.#tellEnd(job);
      else this.#tellStop(job);
    }
  }

  #tellEnd(job: Job): void {
    this.#session.tell(job);
    if (this.#ended.has(job)) return;
    this.#ended.add(job);
    const { number, command, task } = job;
    const { exit } = task;
    const how =
      exit?.cause !== "exit" ? "ended" : exit.status === 0 ? "done" : `exit ${exit.status}`;
    this.#session.talk(`%${number} ${how}  ${command}`);
    this.#session.jobs.free(job);
  }

  #tellStop(job: Job): void {
    const stop = stopOf(job);
    if (!stop || this.#stops.get(job) === stop.at) return;
    this.#stops.set(job, stop.at);
    this.#session.talk(`%${job.number} stopped (${signalName(stop.signal)})  ${job.command}`);
  }
}
