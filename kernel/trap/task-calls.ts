// Kernel calls that make tasks: Mach's task_create and vm_inherit, for a task that copies itself.
//
//   files, each in turn ──share──▶ ──count──▶ pid: at home here ─────────────────▶ made
//                                                  home away ──birth──▶ ──born──▶ made
//                                                       moved meanwhile: given up, asked again
//
// The child is made in one action, on the host that its parent is on: it has what the address space
// leaves it, its parent's open files, but for pipes, how signals are handled, and the registers of the
// calling thread. Its name space has no other rights. Its home is its parent's.

import {
  files as filesOps,
  home as homeOps,
  isOp,
  lookupRight,
  type Message,
  type PortUid,
  wellKnownPort,
} from "../../ports/index.ts";
import { setImagePc, setImageRegister } from "../machine/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { post } from "../task/kernel.ts";
import { addThread, makeTask, noteBorn, takePid, takeSpaceTag } from "../task/life.ts";
import { openFile } from "../task/open-streams.ts";
import { saveImage } from "../task/registers.ts";
import { makeReady } from "../task/sched.ts";
import type { CallData, OpenFile, Pid, Task, Wander } from "../task/task.ts";
import { copySpace, type Inheritance, setInheritance, userPageEnd } from "../vm/index.ts";
import { rangeOf } from "./linux-ranges.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const [stackRegister, argumentRegister] = [2, 10];
const tasksMax = 1024;

/** How far the call has come: plain numbers, for the data of a wait. */
interface Plan {
  readonly entry: number;
  readonly stack: number;
  readonly argument: number;
  /** The ports of open files that their servers know to be the child's too. */
  readonly shared: readonly PortUid[];
  /** Those that are still to be asked for. */
  readonly asking: readonly PortUid[];
}

function taskCreate(caller: Caller, [entry, stack, argument]: Arguments): CallResult {
  const { state } = caller.kernel;
  if (state.tasks.size >= tasksMax) return returnValue(-errno.EAGAIN);
  const asking = [...new Set(filesOf(caller.task).map(({ uid }) => uid))];
  return shareNext(caller, { entry, stack, argument, shared: [], asking });
}

/** Open files that can be another's too. A pipe counts the rights to its ends: it stays the parent's. */
function filesOf(task: Task): { readonly file: OpenFile; readonly fd: number; uid: PortUid }[] {
  return task.files.flatMap((file, fd) => {
    const right = file ? lookupRight(task.space, file.name) : undefined;
    const common = file && right && right.transits === 0;
    return common ? [{ file, fd, uid: right.uid }] : [];
  });
}

function shareNext(caller: Caller, plan: Plan): CallResult {
  const [next] = plan.asking;
  if (next === undefined) return askForPid(caller, plan);
  return request(caller, next, filesOps.share, {}, { call: "taskShared", data: { ...plan } });
}

function finishShare(caller: Caller, data: CallData, reply: Message | null): CallResult {
  const plan = data as unknown as Plan;
  const [asked, ...asking] = plan.asking;
  const agreed = reply && isOp(reply, filesOps.count) && reply.body.error === 0;
  const shared = agreed && asked !== undefined ? [...plan.shared, asked] : plan.shared;
  return shareNext(caller, { ...plan, shared, asking });
}

function askForPid(caller: Caller, plan: Plan): CallResult {
  const { kernel, task } = caller;
  const { id: host, incarnation } = kernel.state;
  if (task.home === host) return bear(caller, plan, takePid(kernel, host, incarnation));
  const data = { ...plan, host, incarnation };
  const home = wellKnownPort(task.home, "home");
  return request(caller, home, homeOps.birth, { host, incarnation }, { call: "taskBorn", data });
}

/** The home has answered. Its record says that the host owns the child which the parent was on then. */
function finishBirth(caller: Caller, data: CallData, reply: Message | null): CallResult {
  const plan = data as unknown as Plan & { readonly host: number; readonly incarnation: number };
  const { kernel, task } = caller;
  if (!reply || !isOp(reply, homeOps.born)) return giveUp(caller, plan, errno.EIO);
  const { error, pid } = reply.body;
  if (error !== 0) return giveUp(caller, plan, error);
  const { id, incarnation } = kernel.state;
  if (id === plan.host && incarnation === plan.incarnation) return bear(caller, plan, pid);
  const unborn = { pid, epoch: 0, status: 0 };
  post(kernel, wellKnownPort(task.home, "home"), homeOps.exited, unborn);
  return askForPid(caller, plan);
}

/** There is no child: what servers hold open for it is closed. */
function giveUp({ kernel }: Caller, { shared }: Plan, error: number): CallResult {
  for (const uid of shared) post(kernel, uid, filesOps.close, {});
  return returnValue(-error);
}

function bear(caller: Caller, plan: Plan, pid: Pid | undefined): CallResult {
  const { kernel, task } = caller;
  const tag = pid === undefined ? undefined : takeSpaceTag(kernel);
  if (pid === undefined || tag === undefined) return giveUp(caller, plan, errno.EAGAIN);
  const { job, program } = task;
  const child: Task = {
    ...makeTask(kernel, pid, tag, { job, program, wander: anew(caller, task.wander) }),
    home: task.home,
    state: "running",
    memory: copySpace(kernel, task.memory, tag),
    heap: { ...task.heap },
  };
  kernel.state.tasks.set(pid, child);
  for (const [signal, action] of task.signals.actions) child.signals.actions.set(signal, action);
  for (const [resource, limit] of task.limits) child.limits.set(resource, limit);
  inheritFiles(caller, child, plan.shared);
  noteBorn(kernel, child, task.pid);
  startThread(caller, child, plan);
  kernel.state.spaceEvents.push({ on: "born", pid });
  return returnValue(pid);
}

/** It wanders as its parent does, by draws of its own. */
function anew({ kernel }: Caller, wander: Wander | null): Wander | null {
  return wander && { ...wander, draws: 0, lastNs: kernel.host.now, lastPageWaitNs: 0 };
}

/** What the parent has closed meanwhile is closed for the child too. */
function inheritFiles(
  { kernel, task, thread }: Caller,
  child: Task,
  shared: readonly PortUid[],
): void {
  const names = new Map<PortUid, OpenFile["name"]>();
  for (const { file, fd, uid } of filesOf(task)) {
    if (!shared.includes(uid)) continue;
    while (child.files.length < fd) child.files.push(null);
    const own = openFile({ kernel, task: child, thread }, { kind: "send", uid }, file);
    names.set(uid, own.name);
    child.files[fd] = { ...file, name: own.name };
  }
  for (const uid of shared) if (!names.has(uid)) post(kernel, uid, filesOps.close, {});
}

function startThread({ kernel, thread: parent }: Caller, child: Task, plan: Plan): void {
  const thread = addThread(kernel, child, child.pid);
  thread.registers.set(saveImage(kernel, parent));
  setImagePc(thread.registers, plan.entry);
  setImageRegister(thread.registers, stackRegister, plan.stack);
  setImageRegister(thread.registers, argumentRegister, plan.argument);
  thread.signalMask = parent.signalMask;
  makeReady(kernel.state, child, thread);
}

const inheritances: readonly Inheritance[] = ["share", "copy", "none", "zero"];

/** The numbers are Mach's; 3 is ours. */
function vmInherit({ task }: Caller, [address, bytes, how]: Arguments): CallResult {
  const range = rangeOf(address, bytes);
  const inheritance = inheritances[how];
  if (!range || !inheritance || range.end > userPageEnd) return returnValue(-errno.EINVAL);
  const done = setInheritance(task.memory, range.start, range.end, inheritance);
  return returnValue(done ? 0 : -errno.ENOMEM);
}

const row = rowsOf("local");

export const taskCalls: readonly CallRow[] = [
  row(
    -3,
    "task_create",
    taskCreate,
    "entry, stack pointer, argument: a task more, whose memory each range's inheritance says; returns its pid.",
  ),
  row(
    -4,
    "vm_inherit",
    vmInherit,
    "address, bytes, what a child has there: 0 the same, 1 a copy, 2 nothing, 3 zeros; ENOMEM if that cannot be.",
  ),
];

export const taskFinishers: Finishers = { taskShared: finishShare, taskBorn: finishBirth };
