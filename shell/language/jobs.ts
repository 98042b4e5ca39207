// Jobs by their numbers: %N is the lowest free one, and comes back once somebody has waited for the end.

import type { Task } from "../../cluster/index.ts";
import type { JobName } from "../units.ts";

export interface Job {
  readonly number: number;
  readonly task: Task;
  /** The words it was started with. */
  readonly command: string;
}

export class Jobs {
  /** In the order of their start. A number may stand more than once; the last one is meant. */
  readonly #started: Job[] = [];
  readonly #held = new Set<number>();

  add(task: Task, command: string): Job {
    let number = 1;
    while (this.#held.has(number)) number++;
    this.#held.add(number);
    const job = { number, task, command };
    this.#started.push(job);
    return job;
  }

  /** Its end has been waited for: the next job may have its number. Until then it still names it. */
  free(job: Job): void {
    if (this.find({ job: job.number }) === job) this.#held.delete(job.number);
  }

  find(name: JobName): Job | undefined {
    return this.#started.findLast(({ number, task }) =>
      "job" in name ? number === name.job : task.pid === name.pid,
    );
  }

  /** The job that was started last. */
  get last(): Job | undefined {
    return this.#started.at(-1);
  }

  /** All that a name still stands for, by number. */
  get named(): readonly Job[] {
    return this.#started
      .filter((job) => this.find({ job: job.number }) === job)
      .sort((a, b) => a.number - b.number);
  }

  get running(): readonly Job[] {
    return this.#started.filter(({ task }) => task.exit === null);
  }

  /** The job of a task, as the cluster numbers tasks. */
  ofTask(number: number): Job | undefined {
    return this.#started.find(({ task }) => task.job === number);
  }
}
