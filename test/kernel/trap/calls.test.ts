// Goal: whatever a guest passes to a call, it gets a value, waits, or ends: the kernel asserts
// nothing about guests, and keeps every frame accounted for.
// Method: a task of two instructions calls with random arguments on a host alone; servers that never
// answer are then said to be gone, so that calls are finished, too.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { kernelCalls, linuxCalls } from "../../../kernel/index.ts";
import { imagePc } from "../../../kernel/machine/index.ts";
import { endTask } from "../../../kernel/task/life.ts";
import type { OpenFile, Task } from "../../../kernel/task/task.ts";
import { copyOut, framesFree } from "../../../kernel/vm/index.ts";
import { insertRight, makeMessage, notify, wellKnownPort } from "../../../ports/index.ts";
import { ecall, jal, zero } from "../machine/assemble.ts";
import {
  codeAddress,
  createLoneHost,
  createRunning,
  dataAddress,
  dataPages,
  firstThread,
  type LoneHost,
  setRegisters,
} from "../lone-host.ts";

const allCalls = [...linuxCalls, ...kernelCalls];
const [a0, a7] = [10, 17];

test("calls: every row: documented, and its number and name are its own", (t) => {
  for (const { name, doc, number } of allCalls) {
    t.regex(name, /^[a-z][a-z0-9_]*$/);
    t.regex(doc, /[^.]\.$/, name);
    t.true(Number.isInteger(number) && number < 512);
  }
  t.is(new Set(allCalls.map(({ number }) => number)).size, allCalls.length);
  t.is(new Set(allCalls.map(({ name }) => name)).size, allCalls.length);
  t.true(linuxCalls.every(({ number }) => number >= 0));
  t.true(kernelCalls.every(({ number }) => number < 0));
});

// From the Linux manual pages and asm-generic/unistd.h, not from our table.
const numbersOfLinux: Readonly<Record<string, number>> = {
  getcwd: 17,
  dup: 23,
  fcntl: 25,
  ioctl: 29,
  mkdirat: 34,
  unlinkat: 35,
  truncate: 45,
  ftruncate: 46,
  openat: 56,
  close: 57,
  getdents64: 61,
  lseek: 62,
  read: 63,
  write: 64,
  readv: 65,
  writev: 66,
  pread64: 67,
  pwrite64: 68,
  readlinkat: 78,
  newfstatat: 79,
  fstat: 80,
  exit: 93,
  exit_group: 94,
  set_tid_address: 96,
  nanosleep: 101,
  clock_gettime: 113,
  clock_nanosleep: 115,
  kill: 129,
  rt_sigaction: 134,
  rt_sigprocmask: 135,
  rt_sigreturn: 139,
  uname: 160,
  getpid: 172,
  gettid: 178,
  brk: 214,
  munmap: 215,
  mmap: 222,
  mremap: 216,
  mprotect: 226,
  msync: 227,
  mincore: 232,
  madvise: 233,
  prlimit64: 261,
  getrandom: 278,
};

test("calls: calls that every libc makes: there, under the numbers of Linux", (t) => {
  for (const [name, number] of Object.entries(numbersOfLinux)) {
    t.is(linuxCalls.find((row) => row.name === name)?.number, number, name);
  }
});

const dataEnd = dataAddress + dataPages * 4096;
const argument = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 10 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 3 * 4096 }).map((at) => dataAddress + at) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[0, codeAddress, dataAddress, dataEnd - 1, dataEnd, dataEnd - 8, 4096, 65536, 0x22],
      ...[-100, -1, 2 ** 31, 2 ** 32, 2 ** 38, 2 ** 47, 2 ** 53, 2 ** 62, -(2 ** 63), 1e9, 24, 144],
    ),
  },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
);
const call = fc.record({
  number: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...allCalls.map(({ number }) => number)) },
    { weight: 1, arbitrary: fc.integer({ min: -5, max: 600 }) },
  ),
  arguments: fc.tuple(argument, argument, argument, argument, argument, argument),
});
type Call = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

/** Descriptors 0 to 2, at servers on a host that never answers. */
function openFiles(task: Task): void {
  for (let fd = 0; fd < 3; fd++) {
    const uid = wellKnownPort(0, fd === 2 ? "console" : "files");
    const name = insertRight(task.space, { kind: "send", uid });
    const mode = fd === 0 ? 0o100644 : 0o20620;
    const file: OpenFile = { name, path: "/f", mode, flags: 2, since: 0, closeOnExec: false };
    task.files[fd] = file;
  }
}

/** Says to whoever waits for an answer that there will be none, until nobody does. */
function answerNothing({ host }: LoneHost, task: Task): void {
  for (const thread of [...task.threads.values()]) {
    for (let turn = 0; turn < 20; turn++) {
      if (thread.state.at !== "waiting" || thread.state.wait.for !== "reply") break;
      const message = makeMessage(notify.sendOnce, {}, { id: thread.state.wait.request });
      host.deliver({ on: "order", to: thread.replyPort, message });
    }
  }
}

/** Until the guest has made a call or ended; its pages come in by faults before that. */
function runToTrap({ host, events }: LoneHost): void {
  events.length = 0;
  const names = ["trap.ecall", "trap.missing", "task.exit"];
  for (let turn = 0; turn < 20 && host.able(); turn++) {
    host.run(1);
    if (events.some(([name]) => names.includes(name))) return;
  }
}

function perform(lone: LoneHost, task: Task, one: Call): void {
  const { kernel } = lone;
  const thread = [...task.threads.values()][0];
  if (!thread || thread.state.at !== "runnable") return;
  const { current } = kernel.state;
  if (current) kernel.hart.saveThread(thread.registers);
  const values = Object.fromEntries(one.arguments.map((value, index) => [a0 + index, value]));
  setRegisters(thread, { ...values, [a7]: one.number });
  if (current) kernel.hart.loadThread(thread.registers);
  runToTrap(lone);
  answerNothing(lone, task);
}

let shared: { lone: LoneHost; runs: number } | undefined;

/** Pids are never used twice, so a host does for some thousand tasks only. */
function someHost(): LoneHost {
  if (!shared || shared.runs > 5000) shared = { lone: createLoneHost(), runs: 0 };
  shared.runs++;
  return shared.lone;
}

testProp(
  "calls: any arguments: a value, a wait or an end, and frames before = after",
  [fc.array(call, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 64 })],
  (t, calls, data) => {
    const lone = someHost();
    const { kernel } = lone;
    const before = framesFree(kernel.state.frames);
    const task = createRunning(lone, [ecall, jal(zero, -4)]);
    openFiles(task);
    copyOut(kernel, task.memory, dataAddress, data);
    for (const one of calls) perform(lone, task, one);
    for (const { state } of task.threads.values()) {
      t.true(
        state.at !== "waiting" || state.wait.for === "time",
        "whoever waits, waits for a time",
      );
    }
    for (const one of [...kernel.state.tasks.values()]) {
      endTask(kernel, one, { status: 0, signal: 9, lost: null }); // it, and tasks that it made
    }
    t.is(kernel.state.tasks.size, 0);
    t.is(framesFree(kernel.state.frames), before);
    t.is(kernel.state.objects.all.size, 0);
    t.is(kernel.state.sleepers, 0);
    t.is(kernel.state.ready.length, 0);
  },
  { numRuns: 4000 },
);

test("calls: number that is not there: ENOSYS, counted, and the program goes on behind it", (t) => {
  const lone = createLoneHost();
  const { kernel } = lone;
  const task = createRunning(lone, [ecall, jal(zero, 0)]);
  const thread = firstThread(task);
  setRegisters(thread, { [a7]: 400 });
  runToTrap(lone);
  t.is(kernel.hart.getRegisterSigned(a0), -38);
  t.is(kernel.hart.pc, codeAddress + 4);
  t.is(
    [...kernel.state.unsupported.values()].reduce((sum, one) => sum + one, 0),
    1,
  );
});

test("calls: server gone while a read waits for it: EIO, never a silent repetition", (t) => {
  const lone = createLoneHost();
  const { kernel } = lone;
  const task = createRunning(lone, [ecall, jal(zero, 0)]);
  openFiles(task);
  const thread = firstThread(task);
  setRegisters(thread, { [a0]: 0, [a0 + 1]: dataAddress, [a0 + 2]: 100, [a7]: 63 });
  runToTrap(lone);
  t.like(thread.state, { at: "waiting", wait: { for: "reply" } });
  t.is(imagePc(thread.registers), codeAddress, "pc stands on the call while it waits");
  answerNothing(lone, task);
  lone.host.run(1); // an instruction that changes no register
  t.is(kernel.hart.getRegisterSigned(a0), -5);
});

const [perm, badf, nomem, fault, notdir, inval, big] = [-1, -9, -12, -14, -20, -22, -27];
const range = -34;
const mapping = [3, 0x22, -1, 0] as const;
const refused: readonly (readonly [string, number, readonly number[], number])[] = [
  ["mmap of nothing", 222, [0, 0, ...mapping], inval],
  ["mmap at an odd address, fixed", 222, [5, 4096, 3, 0x32, -1, 0], inval],
  ["mmap of more than there is room for", 222, [0, 2 ** 45, ...mapping], nomem],
  ["mmap of a descriptor that is none", 222, [0, 4096, 1, 2, 77, 0], badf],
  ["munmap at an odd address", 215, [dataAddress + 1, 4096], inval],
  ["munmap of nothing", 215, [dataAddress, 0], inval],
  ["mprotect over a hole", 226, [dataAddress, (dataPages + 1) * 4096, 1], nomem],
  ["read from a descriptor that is none", 63, [9, dataAddress, 1], badf],
  ["write from memory that is not there", 64, [1, dataEnd, 8], fault],
  ["close of a descriptor that is none", 57, [-1], badf],
  ["uname to read-only memory", 160, [codeAddress], fault],
  ["getrandom with flags that are none", 278, [dataAddress, 8, 99], inval],
  ["getdents64 of a file", 61, [0, dataAddress, 4096], notdir],
  ["getdents64 of a descriptor that is none", 61, [9, dataAddress, 4096], badf],
  ["ftruncate to less than nothing", 46, [0, -1], inval],
  ["ftruncate to more than there can be", 46, [0, 2 ** 62], big],
  ["ftruncate of a descriptor that is none", 46, [9, 10], badf],
  ["truncate to less than nothing", 45, [dataAddress, -1], inval],
  ["truncate of a path that is nowhere", 45, [dataEnd, 10], fault],
  ["getcwd without room", 17, [dataAddress, 1], range],
  ["prlimit64 to more files than there are", 261, [0, 7, dataAddress, 0], perm],
  ["sigaltstack with flags that are none", 132, [dataAddress, 0], inval],
  ["rt_sigprocmask with a set of another size", 135, [0, dataAddress, 0, 4], inval],
  ["nanosleep for a billion billion ns", 101, [dataAddress, 0], inval],
];

for (const [what, number, args, expected] of refused) {
  test(`calls: ${what}: ${expected}, and nothing has changed`, (t) => {
    const lone = createLoneHost();
    const { kernel } = lone;
    const task = createRunning(lone, [ecall, jal(zero, 0)]);
    openFiles(task);
    const nonsense = new Uint8Array(new BigInt64Array([0n, 10n ** 18n]).buffer);
    copyOut(kernel, task.memory, dataAddress, nonsense);
    const before = structuredClone(task.memory.map.entries.map(({ start, end }) => [start, end]));
    const values = Object.fromEntries(args.map((value, index) => [a0 + index, value]));
    setRegisters(firstThread(task), { ...values, [a7]: number });
    runToTrap(lone);
    t.is(kernel.hart.getRegisterSigned(a0), expected);
    t.deepEqual(
      task.memory.map.entries.map(({ start, end }) => [start, end]),
      before,
    );
  });
}

test("calls: instruction that is none, and a jump to nowhere: the task ends by its signal", (t) => {
  const endings = [
    [[0], 4],
    [[0x100073], 5],
    [[0x00000067], 11],
  ] as const;
  for (const [code, signal] of endings) {
    const lone = createLoneHost();
    createRunning(lone, code);
    runToTrap(lone);
    const exit = lone.events.find(([name]) => name === "task.exit");
    t.is(exit?.[1]["signal"], signal);
    t.is(framesFree(lone.kernel.state.frames), 1024);
  }
});
