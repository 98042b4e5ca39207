// Goal: an executable that fits no page, or a server that says nonsense, ends the task that wanted
// it, with a sentence, and leaves nothing behind on the host.
// Method: the replies of console and file server by hand, one after the other.

import test from "ava";
import { framesFree } from "../../../kernel/vm/index.ts";
import {
  console as consoleOps,
  control,
  files,
  makeMessage,
  memory as memoryOps,
  type Message,
  notify,
  pipes,
  portHere,
  type Right,
  wellKnownPort,
} from "../../../ports/index.ts";
import { createLoneHost, firstThread, type LoneHost } from "../lone-host.ts";
import { buildElf, type File, textHeader } from "./elf-build.ts";

const fileRight: Right = { kind: "send", uid: wellKnownPort(0, "files") };
const pageSize = 4096;

/** The operator's order to start the program. */
function orderStart({ host }: LoneHost, streams: readonly string[]): void {
  const body = {
    job: 1,
    program: "/bin/t",
    arguments: ["t"],
    environment: [],
    input: 0,
    terminal: false,
    foreground: true,
    streams,
    wanderNs: 0,
    strategy: "",
  };
  const to = wellKnownPort(1, "control");
  host.deliver({ on: "order", to, message: makeMessage(control.spawn, body) as Message });
}

const streamRight = (number: number): Right => ({ kind: "send", uid: streamPort + number });
const streamPort = 77_000;
const noStreams = { streams: [], answers: [] };

/** Loads the bytes as a program. The answers stop, with a death notice, after `replies` of them. */
function load(
  bytes: Uint8Array,
  replies: number = 99,
  size: number = bytes.length,
  order: { readonly streams: readonly string[]; readonly answers: readonly Message[] } = noStreams,
): LoneHost {
  const lone = createLoneHost();
  const { host, kernel } = lone;
  orderStart(lone, order.streams);
  const rights = [fileRight];
  const answers: Message[] = [
    makeMessage(consoleOps.attached, { error: 0 }, { rights: [0, 1, 2].map(streamRight) }),
    ...order.answers,
    makeMessage(files.opened, { error: 0, mode: 0o100755, size, path: "/bin/t" }, { rights }),
    makeMessage(files.data, { error: 0, bytes: bytes.slice(0, pageSize) }),
    makeMessage(files.mapped, { error: 0, size }, { rights }),
  ] as Message[];
  for (let turn = 0; turn < 20; turn++) {
    const task = [...kernel.state.tasks.values()][0];
    if (!task || task.state !== "loading") break;
    const thread = firstThread(task);
    if (thread.state.at !== "waiting") break;
    const { wait } = thread.state;
    if (wait.for === "reply") {
      const answer = turn < replies ? answers.shift() : undefined;
      const message = { ...(answer ?? makeMessage(notify.sendOnce, {})), id: wait.request };
      host.deliver({ on: "order", to: thread.replyPort, message: message as Message });
    } else if (wait.for === "page") servePage(lone, bytes);
  }
  return lone;
}

/** Answers what the file's pager was asked, as far as the bytes go. */
function servePage({ host, kernel }: LoneHost, bytes: Uint8Array): void {
  for (const object of kernel.state.objects.all.values()) {
    const [page] = object.requested.keys();
    if (page === undefined || object.control === null) continue;
    if (!portHere(kernel.state.ports, object.control)) continue;
    const part = new Uint8Array(pageSize);
    part.set(bytes.subarray(page * pageSize, (page + 1) * pageSize));
    const message =
      page * pageSize < bytes.length
        ? makeMessage(memoryOps.supply, { page, bytes: part, precious: false, prohibited: 0 })
        : makeMessage(memoryOps.error, { page, count: 1, error: 5 });
    host.deliver({ on: "order", to: object.control, message: message as Message });
    return;
  }
}

const reasonOf = ({ events }: LoneHost): unknown =>
  events.find(([name]) => name === "exec.refused")?.[1]["reason"];
const isDone = ({ events }: LoneHost): boolean => events.some(([name]) => name === "exec.done");
const isClean = ({ kernel }: LoneHost): boolean =>
  kernel.state.tasks.size === 0 &&
  kernel.state.objects.all.size === 0 &&
  framesFree(kernel.state.frames) === 1024;

test("load: a small executable: runs", (t) => {
  const lone = load(buildElf());
  t.is(reasonOf(lone), undefined);
  t.true(isDone(lone));
});

const writable = { ...textHeader, flags: 6, fileBytes: 0x100, memoryBytes: 0x200 };
const sharedPage: File = {
  bytes: 0x3000,
  entry: 0x20300,
  headers: [
    { ...writable, address: 0x20000, offset: 0x1000 },
    { ...textHeader, address: 0x20300, offset: 0x1300, fileBytes: 0x100 },
  ],
};

test("load: a writable segment that ends on a page that another covers: refused, not asserted", (t) => {
  const lone = load(buildElf(sharedPage));
  t.regex(String(reasonOf(lone)), /last page cannot be written/);
  t.true(isClean(lone));
});

test("load: file shorter than it said, in the page whose tail has to be zero: refused", (t) => {
  const headers = [textHeader, { ...writable, address: 0x24000, offset: 0x4000 }];
  const lone = load(buildElf({ headers }), 99, 0x5000);
  t.regex(String(reasonOf(lone)), /last page cannot be written/);
  t.true(isClean(lone));
});

for (let replies = 0; replies < 4; replies++) {
  test(`load: server dies after ${replies} answers: the task ends, nothing is left`, (t) => {
    const lone = load(buildElf(), replies);
    t.is(reasonOf(lone), "the file server is gone");
    t.true(isClean(lone));
  });
}

const closed = makeMessage(files.count, { error: 0, value: 0 }) as Message;
const opened = (error: number, number: number): Message =>
  makeMessage(
    files.opened,
    { error, mode: 0o100644, size: 0, path: "/tmp/x" },
    { rights: error === 0 ? [streamRight(number)] : [] },
  ) as Message;
const joined = (error: number, number: number): Message =>
  makeMessage(
    pipes.joined,
    { error },
    { rights: error === 0 ? [streamRight(number)] : [] },
  ) as Message;

/** The requests that were made, in order, without those for pages. */
function requested({ events }: LoneHost): unknown[] {
  const sent = events.filter(([name]) => name === "msg.send").map(([, ids]) => String(ids["op"]));
  return sent.filter((op) => /\.(attach|open|close|join|forgo)$/.test(op));
}

test("load: streams: each opened in order, what was there closed first", (t) => {
  const streams = ["0|5", "1>/tmp/x", "2&1", "4&4", "9&0"];
  const early = load(buildElf(), 99, undefined, { streams, answers: [closed, joined(0, 3)] });
  t.deepEqual(requested(early).slice(0, 4), [
    "console.attach",
    "files.close",
    "pipes.join",
    "files.close",
  ]);
  const answers = [closed, joined(0, 3), closed, opened(0, 4), closed];
  t.is(
    reasonOf(load(buildElf(), 99, undefined, { streams, answers })),
    "cannot copy descriptor 4: it is not open",
  );
  const rest = streams.filter((stream) => stream !== "4&4");
  const lone = load(buildElf(), 99, undefined, { streams: rest, answers });
  t.true(isDone(lone));
  const [task] = [...lone.kernel.state.tasks.values()];
  const shown = task?.files.map((file) => file && [file.path, file.mode, file.flags]);
  const file = ["/tmp/x", 0o100644, 0o1101];
  const pipe = ["pipe:[5]", 0o10600, 0];
  const none = [null, null, null, null, null, null];
  t.deepEqual(shown, [pipe, file, file, ...none, pipe]);
  t.is(task?.files[1]?.name, task?.files[2]?.name, "one right with two references");
  t.deepEqual(task?.streams, []);
});

test("load: stream refused: what is open is closed, ends that were not joined are given up", (t) => {
  const streams = ["0|5", "1</tmp/x", "3|6", "4|7"];
  const answers = [closed, joined(0, 3), closed, opened(13, 4)];
  const lone = load(buildElf(), 99, undefined, { streams, answers });
  t.is(reasonOf(lone), "cannot open /tmp/x: permission denied");
  t.true(isClean(lone));
  const after = requested(lone).slice(5);
  t.deepEqual(after, ["files.close", "files.close", "pipes.forgo", "pipes.forgo"]);
});

test("load: streams of which one is none: nothing is opened, all ends are given up", (t) => {
  const lone = load(buildElf(), 99, undefined, { streams: ["0|5", "x", "1|6"], answers: [] });
  t.is(reasonOf(lone), "no stream: x");
  t.true(isClean(lone));
  t.deepEqual(requested(lone), ["pipes.forgo", "pipes.forgo"]);
});

for (let replies = 1; replies < 6; replies++) {
  test(`load: server dies after ${replies} answers about streams: ends, nothing is left`, (t) => {
    const answers = [closed, joined(0, 3), closed, opened(0, 4)];
    const lone = load(buildElf(), replies, undefined, { streams: ["0|5", "1>/tmp/x"], answers });
    t.regex(String(reasonOf(lone)), /file server/);
    t.true(isClean(lone));
  });
}

test("load: no room for another task: its ends of pipes are given up", (t) => {
  const lone = createLoneHost();
  lone.kernel.state.home.pidNext = 10_000;
  orderStart(lone, ["0|5", "1>/tmp/x", "3|6", "nonsense"]);
  t.true(lone.events.some(([name]) => name === "task.unborn"));
  t.deepEqual(requested(lone), ["pipes.forgo", "pipes.forgo"]);
});
