// Consoles: what each stream answers, when a read of each kind of input completes, and the end.

import test from "ava";
import { createConsoleServer } from "../../fs-server/index.ts";
import {
  console,
  files,
  inBackground,
  inputKinds,
  memory,
  type Outside,
  type PortUid,
} from "../../ports/index.ts";
import {
  answerTo,
  type Bench,
  bytesOf,
  call,
  createBench,
  createMachine,
  isAnswered,
  post,
  service,
  textOf,
} from "./bench.ts";

interface Streams {
  readonly input: PortUid;
  readonly output: PortUid;
  readonly error: PortUid;
}

function serve(answers: Partial<Outside> = {}): Bench & { readonly written: string[] } {
  const written: string[] = [];
  const outside: Outside = {
    ...createMachine({}).outside,
    output: (job, stream, bytes) => void written.push(`${job}:${stream} ${textOf(bytes)}`),
    ...answers,
  };
  return Object.assign(createBench(createConsoleServer(), outside), { written });
}

function attach(
  bench: Bench,
  kind: keyof typeof inputKinds,
  options: {
    readonly job?: number;
    readonly terminal?: boolean;
    readonly foreground?: boolean;
  } = {},
): Streams {
  const { job = 3, terminal = false, foreground = true } = options;
  const body = { job, input: inputKinds[kind], terminal, foreground };
  const attached = call(bench, service, console.attach, body, console.attached);
  const [input, output, error] = attached.rights;
  if (!input || !output || !error) throw new Error(`attach: error ${attached.body.error}`);
  return { input: input.uid, output: output.uid, error: error.uid };
}

function type(
  bench: Bench,
  text: string,
  options: { readonly job?: number; readonly end?: boolean; readonly flush?: boolean } = {},
): void {
  const { job = 3, end = false, flush = false } = options;
  post(bench, service, console.typed, { job, bytes: bytesOf(text), flush, end });
}

function give(bench: Bench, foreground: boolean, job = 3): void {
  post(bench, service, console.foreground, { job, foreground });
}

function read(bench: Bench, port: PortUid, count: number): string {
  const { body } = call(bench, port, files.read, { count }, files.data);
  return body.error === 0 ? textOf(body.bytes) : `error ${body.error}`;
}

function write(bench: Bench, port: PortUid, text: string): unknown {
  return call(bench, port, files.write, { bytes: bytesOf(text) }, files.count).body;
}

test("console: output and error: each goes out by its stream, to the byte", (t) => {
  const bench = serve();
  const { output, error } = attach(bench, "empty");
  t.deepEqual(write(bench, output, "out"), { error: 0, value: 3 });
  t.deepEqual(write(bench, error, "err"), { error: 0, value: 3 });
  t.deepEqual(bench.written, ["3:1 out", "3:2 err"]);
});

test("console: two jobs: their streams are apart", (t) => {
  const bench = serve();
  const first = attach(bench, "terminal", { job: 1 });
  const second = attach(bench, "terminal", { job: 2 });
  write(bench, second.output, "two");
  type(bench, "for one\n", { job: 1 });
  t.deepEqual(bench.written, ["2:1 two"]);
  t.is(read(bench, first.input, 99), "for one\n");
  t.false(isAnswered(bench, post(bench, second.input, files.read, { count: 9 }).id));
});

test("console: attach: a job twice or an unknown kind: refused without ports", (t) => {
  const bench = serve();
  attach(bench, "empty");
  const ports = bench.tags.size;
  const again = { job: 3, input: 0, terminal: false, foreground: true };
  t.is(call(bench, service, console.attach, again, console.attached).body.error, 17);
  const unknown = { job: 4, input: 9, terminal: false, foreground: true };
  t.is(call(bench, service, console.attach, unknown, console.attached).body.error, 22);
  t.is(bench.tags.size, ports);
});

test("console: what a stream cannot do: the errno of Linux, in the right form", (t) => {
  const bench = serve();
  const { input, output } = attach(bench, "pipe");
  t.is(read(bench, output, 1), "error 9");
  t.deepEqual(write(bench, input, "x"), { error: 9, value: 0 });
  for (const port of [input, output]) {
    const seek = { offset: 0, whence: 1 };
    t.deepEqual(call(bench, port, files.seek, seek, files.count).body, { error: 29, value: 0 });
    const readAt = { offset: 0, count: 1 };
    t.is(call(bench, port, files.readAt, readAt, files.data).body.error, 29);
    const open = { path: "x", flags: 0, mode: 0 };
    t.is(call(bench, port, files.open, open, files.opened).body.error, 20);
    const statPath = { path: "x", follow: true };
    t.is(call(bench, port, files.statPath, statPath, files.status).body.error, 20);
    t.is(call(bench, port, files.readLink, { path: "x" }, files.text).body.error, 20);
    t.is(call(bench, port, files.map, {}, files.mapped).body.error, 19);
    t.is(call(bench, port, files.list, { count: 100 }, files.entries).body.error, 20);
    t.is(call(bench, port, files.truncate, { size: 0, grows: false }, files.count).body.error, 22);
    t.is(call(bench, port, memory.terminate, {}, files.count).body.error, 38);
  }
  t.is(call(bench, service, files.stat, {}, files.count).body.error, 38);
});

test("console: stat: tells a terminal, a pipe, a file and nothing apart", (t) => {
  const bench = serve();
  const mode = (port: PortUid): number => call(bench, port, files.stat, {}, files.status).body.mode;
  const terminal = attach(bench, "terminal", { job: 1, terminal: true });
  t.deepEqual(
    [terminal.input, terminal.output, terminal.error].map(mode),
    [0o20620, 0o20620, 0o20620],
  );
  const piped = attach(bench, "pipe", { job: 2 });
  t.deepEqual([piped.input, piped.output].map(mode), [0o10600, 0o10600]);
  t.is(mode(attach(bench, "file", { job: 4 }).input), 0o100644);
  t.is(mode(attach(bench, "empty", { job: 5 }).input), 0o20666);
});

test("console: no input: the end at once", (t) => {
  const bench = serve({ input: () => t.fail() as never });
  const { input } = attach(bench, "empty");
  t.is(read(bench, input, 10), "");
  t.is(read(bench, input, 10), "");
});

test("console: pipe: the host stands still until the outside has bytes, and nothing has changed", (t) => {
  let ready = false;
  const asked: number[] = [];
  const bench = serve({
    input(job, count) {
      asked.push(count);
      return ready ? bytesOf(`job ${job}`) : "wait";
    },
  });
  const { input } = attach(bench, "pipe");
  const first = post(bench, input, files.read, { count: 100 });
  t.is(first.outcome, "wait");
  t.false(isAnswered(bench, first.id));
  ready = true;
  t.is(read(bench, input, 1_000_000), "job 3");
  t.deepEqual(asked, [100, 65536]);
  t.is(read(bench, input, 0), "");
  t.is(asked.length, 2, "a read of nothing asks for nothing");
});

test("console: file: the outside is asked, and its end is the end", (t) => {
  const chunks = ["all of it", ""];
  const bench = serve({ input: () => bytesOf(chunks.shift() ?? "") });
  const { input } = attach(bench, "file");
  t.is(read(bench, input, 100), "all of it");
  t.is(read(bench, input, 100), "");
});

test("terminal: a read waits for a whole line, and takes one", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal");
  const { id } = post(bench, input, files.read, { count: 100 });
  type(bench, "he");
  t.false(isAnswered(bench, id));
  type(bench, "llo\nsecond\nthi");
  t.is(textOf(answerTo(bench, id, files.data).body.bytes), "hello\n");
  t.is(read(bench, input, 3), "sec");
  t.is(read(bench, input, 100), "ond\n", "the rest of a line, not the next one too");
  const third = post(bench, input, files.read, { count: 100 });
  type(bench, "rd", { end: true });
  t.is(textOf(answerTo(bench, third.id, files.data).body.bytes), "third");
  t.is(read(bench, input, 100), "");
  type(bench, "after the end\n");
  t.is(read(bench, input, 100), "");
});

test("terminal: several readers: lines go to them in the order in which they asked", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal");
  const ids = [1, 2, 3].map(() => post(bench, input, files.read, { count: 4 }).id);
  type(bench, "one\nsecond\n");
  type(bench, "", { end: true });
  const answers = ids.map((id) => textOf(answerTo(bench, id, files.data).body.bytes));
  t.deepEqual(answers, ["one\n", "seco", "nd\n"]);
});

test("terminal: end of input with nothing typed: every reader gets the end", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal");
  const ids = [1, 2].map(() => post(bench, input, files.read, { count: 4 }).id);
  type(bench, "", { end: true });
  t.deepEqual(
    ids.map((id) => answerTo(bench, id, files.data).body),
    [1, 2].map(() => ({ error: 0, bytes: new Uint8Array(0) })),
  );
});

test("terminal: written through the standard input: comes out, as the terminal is one", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal", { terminal: true });
  t.deepEqual(write(bench, input, "prompt"), { error: 0, value: 6 });
  t.deepEqual(bench.written, ["3:1 prompt"]);
});

test("terminal: in the background: a read ends at once, whatever was typed", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal", { foreground: false });
  type(bench, "typed\n");
  t.is(read(bench, input, 9), `error ${inBackground}`);
  t.is(read(bench, input, 0), "");
  give(bench, true);
  t.is(read(bench, input, 9), "typed\n", "nothing was lost by it");
});

test("terminal: it is taken away: reads that wait end, later ones too, the lines stay", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal");
  const ids = [1, 2].map(() => post(bench, input, files.read, { count: 9 }).id);
  type(bench, "he");
  give(bench, false);
  for (const id of ids) t.is(answerTo(bench, id, files.data).body.error, inBackground);
  type(bench, "llo\n");
  t.is(read(bench, input, 9), `error ${inBackground}`);
  give(bench, true);
  t.is(read(bench, input, 9), "hello\n");
  type(bench, "", { end: true });
  give(bench, false);
  t.is(read(bench, input, 9), `error ${inBackground}`, "at the end of input too");
});

test("terminal: no terminal: the foreground is nothing to it", (t) => {
  const bench = serve({ input: () => bytesOf("piped") });
  const { input } = attach(bench, "pipe", { foreground: false });
  t.is(read(bench, input, 9), "piped");
  give(bench, false);
  t.is(read(bench, input, 9), "piped");
  t.is(read(bench, attach(bench, "empty", { job: 4, foreground: false }).input, 9), "");
});

test("terminal: a flush: a part of a line goes out; at its beginning the end of file, once", (t) => {
  const bench = serve();
  const { input } = attach(bench, "terminal");
  type(bench, "par", { flush: true });
  type(bench, "", { flush: true });
  type(bench, "more\n");
  t.deepEqual(
    [1, 2, 3].map(() => read(bench, input, 9)),
    ["par", "", "more\n"],
  );
  t.false(isAnswered(bench, post(bench, input, files.read, { count: 9 }).id));
});

test("terminal: before the job has attached: what is typed and done is kept for it", (t) => {
  const bench = serve();
  type(bench, "ahe", { job: 7 });
  give(bench, false, 7);
  type(bench, "ad\nrest", { job: 7, end: true });
  const { input } = attach(bench, "terminal", { job: 7 });
  t.is(read(bench, input, 9), `error ${inBackground}`);
  give(bench, true, 7);
  t.deepEqual(
    [1, 2, 3].map(() => read(bench, input, 9)),
    ["ahead\n", "rest", ""],
  );
  t.is((bench.state as { early: Map<number, unknown> }).early.size, 0);
});

test("terminal: what is looked at: reads that wait, bytes that nobody has read", (t) => {
  const bench = serve();
  const look = (job: number): unknown =>
    bench.server.observe?.(bench.state, { ask: "input", job }, bench.outside);
  const { input } = attach(bench, "terminal");
  t.deepEqual(look(3), { waiting: 0, unread: 0 });
  type(bench, "one\ntw");
  t.deepEqual(look(3), { waiting: 0, unread: 6 });
  read(bench, input, 9);
  post(bench, input, files.read, { count: 9 });
  t.deepEqual(look(3), { waiting: 1, unread: 2 });
  t.is(look(4), undefined);
  t.is(bench.server.observe?.(bench.state, { ask: "?" }, bench.outside), undefined);
});

test("terminal: typed for nobody: ignored", (t) => {
  const bench = serve();
  attach(bench, "pipe");
  type(bench, "x\n");
  type(bench, "x\n", { job: 77 });
  t.deepEqual(bench.replies.length, 1);
});

test("console: share: a stream that two tasks have is closed by the second", (t) => {
  const bench = serve();
  const { output } = attach(bench, "empty");
  call(bench, output, files.share, {}, files.count);
  call(bench, output, files.close, {}, files.count);
  t.deepEqual(write(bench, output, "still"), { error: 0, value: 5 });
  call(bench, output, files.close, {}, files.count);
  t.throws(() => write(bench, output, "gone"), { message: /dead/ });
});

test("console: close: each stream for itself; after the third the job is forgotten", (t) => {
  const bench = serve();
  const { input, output, error } = attach(bench, "terminal");
  const waiting = post(bench, input, files.read, { count: 1 });
  for (const port of [input, output]) {
    t.deepEqual(call(bench, port, files.close, {}, files.count).body, { error: 0, value: 0 });
  }
  t.is(answerTo(bench, waiting.id, files.data).body.error, 9, "its reader is not left waiting");
  t.deepEqual(write(bench, error, "still here"), { error: 0, value: 10 });
  t.is((bench.state as { jobs: Map<number, unknown> }).jobs.size, 1);
  call(bench, error, files.close, {}, files.count);
  t.is((bench.state as { jobs: Map<number, unknown> }).jobs.size, 0);
  t.is(bench.tags.size, 1);
  type(bench, "too late\n");
  give(bench, false);
  t.is((bench.state as { early: Map<number, unknown> }).early.size, 0, "typed too late");
  t.notThrows(() => attach(bench, "empty"), "the job's number is free again");
});
