// Jobs by their numbers: %N is the lowest free one, and comes back once somebody has waited for the
// end. A job is the tasks of a pipeline, from its first command to its last.

import type { Task } from "../../cluster/index.ts";
import type { JobName } from "../units.ts";

export interface Job {
  readonly number: number;
  /** At least one, in the order of the pipeline. */
  readonly tasks: readonly Task[];
  /** The last of them: its status and its output are the job's. */
  readonly task: Task;
  /** The line it was started with. */
  readonly command: string;
  /** Its first task reads the terminal, when it is in the foreground. */
  readonly terminal: boolean;
}

/** How a job is: it has ended when all its tasks have. */
export type JobState = "running" | "stopped" | "ended";

export class Jobs {
  /** In the order of their start. A number may stand more than once; the last one is meant. */
  readonly #started: Job[] = [];
  readonly #held = new Set<number>();

  /** Under that number; without one, under the lowest that is free. */
  add(tasks: readonly Task[], command: string, terminal: boolean, given?: number): Job {
    const task = tasks.at(-1);
    if (!task) throw new Error("a job without a task");
    const number = given ?? this.#lowestFree();
    this.#held.add(number);
    const job = { number, tasks, task, command, terminal };
    this.#started.push(job);
    return job;
  }

  #lowestFree(): number {
    let number = 1;
    while (this.#held.has(number)) number++;
    return number;
  }

  /** Its end has been waited for: the next job may have its number. Until then it still names it. */
  free(job: Job): void {
    if (this.find({ job: job.number }) === job) this.#held.delete(job.number);
  }

  find(name: JobName): Job | undefined {
    return this.#started.findLast(({ number, tasks }) =>
      "job" in name ? number === name.job : tasks.some(({ pid }) => pid === name.pid),
    );
  }

  /** The job that was started last. */
  get last(): Job | undefined {
    return this.#started.at(-1);
  }

  /** In the order of their start, those whose number means another by now among them. */
  get all(): readonly Job[] {
    return this.#started;
  }

  /** All that a name still stands for, by number. */
  get named(): readonly Job[] {
    const last = new Map(this.#started.map((job) => [job.number, job]));
    return [...last.values()].sort((a, b) => a.number - b.number);
  }

  /** Those that have not ended, stopped ones among them. */
  get running(): readonly Job[] {
    return this.#started.filter((job) => stateOf(job) !== "ended");
  }

  /** The one that `fg` and `bg` mean: the last that is stopped, else the last that runs. */
  get current(): Job | undefined {
    const { running } = this;
    return running.findLast((job) => stateOf(job) === "stopped") ?? running.at(-1);
  }

  /** The job of a task, as the cluster numbers tasks. */
  ofTask(number: number): Job | undefined {
    return this.#started.find(({ tasks }) => tasks.some(({ job }) => job === number));
  }
}

export function stateOf(job: Job): JobState {
  if (stopOf(job)) return "stopped";
  return liveTasks(job).length === 0 ? "ended" : "running";
}

/** Those that have not ended. */
export function liveTasks({ tasks }: Job): readonly Task[] {
  return tasks.filter(({ exit }) => exit === null);
}

/** What stopped the first of its tasks that stands still. */
export function stopOf(job: Job): Task["stopped"] {
  return liveTasks(job).find(({ stopped }) => stopped !== null)?.stopped ?? null;
}
