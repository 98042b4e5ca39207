// The console server: the standard streams of each job, which speak the files interface.
//
//   tag ""      the service: attach makes the three ports of a job, typed brings terminal input
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
import { onInputRead, onTyped, refuseReaders } from "./console-input.ts";
import {
  type ConsoleState,
  type InputKind,
  type Job,
  parseStreamTag,
  type Stream,
  streamTag,
} from "./console-state.ts";
import { errno } from "./errno.ts";
import { statusRefused } from "./status.ts";

const nothing = new Uint8Array(0);
/** st_dev: consoles are on no file system. */
const consoleDevice = 2;

export function createConsoleServer(): NativeServer {
  const server: NativeServer<ConsoleState> = {
    name: "console",
    create: () => ({ jobs: new Map() }),
    receive(state, tag, message, context) {
      const parsed = parseStreamTag(tag);
      if (!parsed) return onService(state, message, context);
      const job = state.jobs.get(parsed.job);
      if (job) return onStream({ state, job, stream: parsed.stream, context }, message);
      context.reply(message, files.count, { error: errno.EBADF, value: 0 });
      return "done";
    },
  };
  return server;
}

function onService(state: ConsoleState, message: Message, context: ServerContext): "done" {
  if (isOp(message, console.attach)) {
    onAttach(state, message, context);
  } else if (isOp(message, console.typed)) {
    const job = state.jobs.get(message.body.job);
    // Typed too late: the job has ended, or never had a terminal.
    if (job?.input === "terminal") onTyped(job, message.body, context);
  } else {
    context.reply(message, files.count, { error: errno.ENOSYS, value: 0 });
  }
  return "done";
}

function onAttach(
  state: ConsoleState,
  message: Message<typeof console.attach.body>,
  context: ServerContext,
): void {
  const { job, terminal } = message.body;
  const input = inputKindOf(message.body.input);
  const error = input === undefined ? errno.EINVAL : state.jobs.has(job) ? errno.EEXIST : 0;
  if (error !== 0 || input === undefined) {
    context.reply(message, console.attached, { error });
    return;
  }
  const inputPort = context.makePort(streamTag(job, 0));
  const outputPort = context.makePort(streamTag(job, 1));
  const errorPort = context.makePort(streamTag(job, 2));
  state.jobs.set(job, {
    job,
    input,
    terminal,
    ports: [inputPort.uid, outputPort.uid, errorPort.uid],
    lines: [],
    partial: nothing,
    ended: false,
    readers: [],
  });
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
    case files.close.name:
      onClose(at, message);
      break;
    default:
      refuse(message, context);
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
  if (port === null) return;
  if (stream === 0) refuseReaders(job, context);
  job.ports[stream] = null;
  context.destroyPort(port);
  if (job.ports.every((uid) => uid === null)) state.jobs.delete(job.job);
}

/** What a stream cannot do is answered in the form that was asked for. */
function refuse(message: Message, context: ServerContext): void {
  switch (message.op) {
    case files.readAt.name:
      context.reply(message, files.data, { error: errno.ESPIPE, bytes: nothing });
      break;
    case files.open.name: {
      const error = errno.ENOTDIR;
      context.reply(message, files.opened, { error, mode: 0, size: 0, path: "" });
      break;
    }
    case files.statPath.name:
      context.reply(message, files.status, statusRefused(errno.ENOTDIR));
      break;
    case files.readLink.name:
      context.reply(message, files.text, { error: errno.ENOTDIR, text: "" });
      break;
    case files.map.name:
      context.reply(message, files.mapped, { error: errno.ENODEV, size: 0 });
      break;
    default:
      context.reply(message, files.count, { error: errno.ENOSYS, value: 0 });
  }
}
