// One host with a kernel and no cluster around it: what the tests of tasks, calls and images run on.

import { type Host, type HostTimer, bootHost } from "../../kernel/index.ts";
import { setImagePc, setImageRegister } from "../../kernel/machine/index.ts";
import type { MoveKernel } from "../../kernel/migrate/index.ts";
import { createTask } from "../../kernel/task/life.ts";
import { makeReady } from "../../kernel/task/sched.ts";
import type { Task, Thread } from "../../kernel/task/task.ts";
import { copyOut, mapAnonymous, pageBytes, protect } from "../../kernel/vm/index.ts";
import { must } from "../../ports/base/index.ts";
import { hartModule } from "./machine/bare.ts";

export interface LoneHost {
  readonly host: Host;
  readonly kernel: MoveKernel;
  readonly events: [name: string, ids: Readonly<Record<string, unknown>>][];
  readonly timers: HostTimer[];
}

export function createLoneHost(id: number = 1, memoryBytes: number = 4 << 20): LoneHost {
  const events: LoneHost["events"] = [];
  const timers: HostTimer[] = [];
  const costs = {
    instructionNs: 1,
    instructionsPer: 1,
    trapNs: 1,
    messageNs: 1,
    faultNs: 1,
    packetNs: 1,
    stableWriteNs: 1,
    quantumNs: 1_000_000,
    keepaliveNs: 1_000_000_000,
  };
  const host = bootHost(
    {
      config: {
        id,
        hosts: 4,
        seed: 1,
        costs,
        memoryBytes,
        epochSeconds: 0,
        paranoid: true,
        trace: "all",
        location: "redirect",
        plant: null,
      },
      module: hartModule,
      servers: [],
      outside: { lookup: () => undefined, load: () => undefined, output() {}, input: () => "wait" },
      output: {
        transmit() {},
        timer: (_at, timer) => void timers.push(timer),
        emit: (name, ids) => void events.push([name, ids]),
      },
    },
    {
      incarnation: 1,
      stable: { home: { pidNext: 1, records: new Map() }, disks: new Map() },
      clock: 0,
    },
  );
  return { host, kernel: host.kernel, events, timers };
}

export const codeAddress = 0x10000;
export const dataAddress = 0x20000;
export const dataPages = 3;

/** A running task with a page of code, and three of data that it may write. */
export function createRunning({ kernel }: LoneHost, code: readonly number[]): Task {
  const program = { name: "t", path: "/bin/t", arguments: ["t"], environment: [] };
  const task = must(createTask(kernel, { job: 1, program, wander: null }), "a task");
  const at = (address: number): number => address / pageBytes;
  const map = (address: number, pages: number): void =>
    mapAnonymous(kernel, task.memory, { start: at(address), pages, protection: 3, name: "" });
  map(codeAddress, 1);
  map(dataAddress, dataPages);
  const bytes = new Uint8Array(Uint32Array.from(code).buffer);
  if (copyOut(kernel, task.memory, codeAddress, bytes)) throw new Error("no memory for the code");
  protect(kernel, task.memory, at(codeAddress), at(codeAddress) + 1, 5);
  task.heap = { start: 0x40000, end: 0x40000 };
  task.state = "running";
  const thread = firstThread(task);
  setImagePc(thread.registers, codeAddress);
  makeReady(kernel.state, task, thread);
  return task;
}

export function firstThread(task: Task): Thread {
  return must([...task.threads.values()][0], "a thread");
}

export function setRegisters(thread: Thread, values: Readonly<Record<number, number>>): void {
  for (const [index, value] of Object.entries(values)) {
    setImageRegister(thread.registers, Number(index), value);
  }
}
