// The console server: the standard streams of each job, which speak the files interface.
//
//   tag ""      the service: attach makes the three ports of a job, typed brings terminal input,
//               foreground gives the terminal to a job, or takes it
//   tag "3:0"   standard input of job 3; ":1" its output, ":2" its error
//
//                read        write       seek     open, names   map
//   input        see input   EBADF*      ESPIPE   ENOTDIR       ENODEV     * a terminal: its output
//   output       EBADF       outside     ESPIPE   ENOTDIR       ENODEV

import {
  type Body,
  console,
  files,
  inputKinds,
  isOp,
  type Message,
  type NativeServer,
  type ServerContext,
} from "../ports/index.ts";
import { onForeground, onInputRead, onTyped, refuseReaders } from "./console-input.ts";
import {
  type ConsoleState,
  type Early,
  type InputKind,
  type Job,
  parseStreamTag,
  type Stream,
  streamTag,
} from "./console-state.ts";
import { errno } from "./errno.ts";
import { refuseAtStream } from "./refusals.ts";

const nothing = new Uint8Array(0);
/** st_dev: consoles are on no file system. */
const consoleDevice = 2;

export function createConsoleServer(): NativeServer {
  const server: NativeServer<ConsoleState> = {
    name: "console",
    create: () => ({ jobs: new Map(), early: new Map(), ended: new Set() }),
    receive(state, tag, message, context) {
      const parsed = parseStreamTag(tag);
      if (!parsed) return onService(state, message, context);
      const job = state.jobs.get(parsed.job);
      if (job) return onStream({ state, job, stream: parsed.stream, context }, message);
      context.reply(message, files.count, { error: errno.EBADF, value: 0 });
      return "done";
    },
    observe: answerConsole,
  };
  return server;
}

export interface ConsoleQuestion {
  readonly ask: "input";
  readonly job: number;
}

/** What goes on at a job's standard input. */
export interface InputView {
  /** Reads that wait. */
  readonly waiting: number;
  /** Bytes typed that nobody has read. */
  readonly unread: number;
}

function answerConsole(state: ConsoleState, question: unknown): InputView | undefined {
  const { ask, job: number } = question as ConsoleQuestion;
  const job = ask === "input" ? state.jobs.get(number) : undefined;
  if (!job) return undefined;
  const unread = [...job.lines, job.partial].reduce((sum, { length }) => sum + length, 0);
  return { waiting: job.readers.length, unread };
}

function onService(state: ConsoleState, message: Message, context: ServerContext): "done" {
  if (isOp(message, console.attach)) {
    onAttach(state, message, context);
  } else if (isOp(message, console.typed)) {
    const job = jobOrEarly(state, message.body.job);
    if (job?.at === "early") job.early.typed.push(message.body);
    else if (job?.job.input === "terminal") onTyped(job.job, message.body, context);
  } else if (isOp(message, console.foreground)) {
    const { job: number, foreground } = message.body;
    const job = jobOrEarly(state, number);
    if (job?.at === "early") job.early.foreground = foreground;
    else if (job) onForeground(job.job, foreground, context);
  } else {
    context.reply(message, files.count, { error: errno.ENOSYS, value: 0 });
  }
  return "done";
}

/** A job that is there, or what is kept for one that is still to come; undefined: it has ended. */
function jobOrEarly(
  state: ConsoleState,
  number: number,
):
  | { readonly at: "job"; readonly job: Job }
  | { readonly at: "early"; readonly early: Early }
  | undefined {
  const job = state.jobs.get(number);
  if (job) return { at: "job", job };
  if (state.ended.has(number)) return undefined;
  let early = state.early.get(number);
  if (!early) state.early.set(number, (early = { typed: [], foreground: undefined }));
  return { at: "early", early };
}

function onAttach(
  state: ConsoleState,
  message: Message<typeof console.attach.body>,
  context: ServerContext,
): void {
  const { job: number, terminal, foreground } = message.body;
  const input = inputKindOf(message.body.input);
  const error = input === undefined ? errno.EINVAL : state.jobs.has(number) ? errno.EEXIST : 0;
  if (error !== 0 || input === undefined) {
    context.reply(message, console.attached, { error });
    return;
  }
  const inputPort = context.makePort(streamTag(number, 0));
  const outputPort = context.makePort(streamTag(number, 1));
  const errorPort = context.makePort(streamTag(number, 2));
  const early = state.early.get(number);
  const job: Job = {
    job: number,
    input,
    terminal,
    foreground: early?.foreground ?? foreground,
    holders: [1, 1, 1],
    ports: [inputPort.uid, outputPort.uid, errorPort.uid],
    lines: [],
    partial: nothing,
    ended: false,
    readers: [],
  };
  state.jobs.set(number, job);
  state.early.delete(number);
  state.ended.delete(number);
  if (input === "terminal") for (const typed of early?.typed ?? []) onTyped(job, typed, context);
  context.reply(message, console.attached, { error: 0 }, [inputPort, outputPort, errorPort]);
}

function inputKindOf(code: number): InputKind | undefined {
  const kinds: readonly InputKind[] = ["empty", "file", "pipe", "terminal"];
  return kinds.find((kind) => inputKinds[kind] === code);
}

/** One message at one stream of one job. */
interface AtStream {
  readonly state: ConsoleState;
  readonly job: Job;
  readonly stream: Stream;
  readonly context: ServerContext;
}

function onStream(at: AtStream, message: Message): "done" | "wait" {
  const { job, stream, context } = at;
  switch (message.op) {
    case files.read.name:
      if (stream === 0 && isOp(message, files.read)) return onInputRead(job, message, context);
      context.reply(message, files.data, { error: errno.EBADF, bytes: nothing });
      break;
    case files.write.name:
      if (isOp(message, files.write)) onWrite(at, message);
      break;
    case files.seek.name:
      context.reply(message, files.count, seekAnswer(job, stream));
      break;
    case files.stat.name:
      context.reply(message, files.status, statusOfStream(job, stream));
      break;
    case files.share.name:
      job.holders[stream]++;
      context.reply(message, files.count, { error: 0, value: 0 });
      break;
    case files.close.name:
      onClose(at, message);
      break;
    default:
      refuseAtStream(message, context);
  }
  return "done";
}

function onWrite(
  { job, stream, context }: AtStream,
  message: Message<typeof files.write.body>,
): void {
  const { bytes } = message.body;
  if (stream === 0 && job.input !== "terminal") {
    context.reply(message, files.count, { error: errno.EBADF, value: 0 });
    return;
  }
  context.outside.output(job.job, stream === 2 ? 2 : 1, bytes);
  context.reply(message, files.count, { error: 0, value: bytes.length });
}

function seekAnswer(job: Job, stream: Stream): Body<typeof files.count.body> {
  // No input at all is like /dev/null, which can be sought in.
  const seekable = stream === 0 && job.input === "empty";
  return { error: seekable ? 0 : errno.ESPIPE, value: 0 };
}

function statusOfStream(job: Job, stream: Stream): Body<typeof files.status.body> {
  const isTerminal = stream === 0 ? job.input === "terminal" : job.terminal;
  // The streams that are the job's terminal are one file.
  const inode = job.job * 4 + (isTerminal ? 0 : stream + 1);
  const mode = isTerminal ? modes.terminal : stream === 0 ? modes[job.input] : modes.pipe;
  return { error: 0, mode, size: 0, inode, links: 1, device: consoleDevice };
}

const modes = { terminal: 0o20620, pipe: 0o10600, file: 0o100644, empty: 0o20666 } as const;

function onClose({ state, job, stream, context }: AtStream, message: Message): void {
  context.reply(message, files.count, { error: 0, value: 0 });
  const port = job.ports[stream];
  if (port === null || --job.holders[stream] > 0) return;
  if (stream === 0) refuseReaders(job, errno.EBADF, context);
  job.ports[stream] = null;
  context.destroyPort(port);
  if (job.ports.some((uid) => uid !== null)) return;
  state.jobs.delete(job.job);
  state.ended.add(job.job);
}
