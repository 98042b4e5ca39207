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
  portHere,
  type Right,
  wellKnownPort,
} from "../../../ports/index.ts";
import { createLoneHost, firstThread, type LoneHost } from "../lone-host.ts";
import { buildElf, type File, textHeader } from "./elf-build.ts";

const fileRight: Right = { kind: "send", uid: wellKnownPort(0, "files") };
const pageSize = 4096;

/** Loads the bytes as a program. The answers stop, with a death notice, after `replies` of them. */
function load(bytes: Uint8Array, replies: number = 99, size: number = bytes.length): LoneHost {
  const lone = createLoneHost();
  const { host, kernel } = lone;
  const body = {
    job: 1,
    program: "/bin/t",
    arguments: ["t"],
    environment: [],
    input: 0,
    terminal: false,
    foreground: true,
    streams: [],
    wanderNs: 0,
    strategy: "",
  };
  const to = wellKnownPort(1, "control");
  host.deliver({ on: "order", to, message: makeMessage(control.spawn, body) as Message });
  const rights = [fileRight];
  const answers: Message[] = [
    makeMessage(consoleOps.attached, { error: 0 }, { rights: [fileRight, fileRight, fileRight] }),
    makeMessage(files.opened, { error: 0, mode: 0o100755, size, path: "/bin/t" }, { rights }),
    makeMessage(files.data, { error: 0, bytes: bytes.slice(0, pageSize) }),
    makeMessage(files.mapped, { error: 0, size }, { rights }),
  ] as Message[];
  for (let turn = 0; turn < 12; turn++) {
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
        ? makeMessage(memoryOps.supply, { page, bytes: part, precious: false })
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
