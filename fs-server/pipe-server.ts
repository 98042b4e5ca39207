// The pipe server: pipes between tasks on any hosts, whose two ends speak the files interface.
//
//   tag ""         the service: make, join, forgo
//   tag "7:read"   the reader's end of pipe 7; "7:write" the writer's
//
//             read       write      seek     readAt   stat          open, names   map
//   reader    see flow   EBADF      ESPIPE   ESPIPE   a fifo, 0600  ENOTDIR       ENODEV
//   writer    EBADF      see flow   ESPIPE   ESPIPE   a fifo, 0600  ENOTDIR       ENODEV
//
// The right to an end is counted: wherever its holder goes and with whatever host it is lost, the
// end hears that there is no right to it any more, and is gone as if it had been closed. Before
// somebody has joined there is no such right: then the host is watched on which he should begin.

import {
  type Body,
  files,
  type HostId,
  hostName,
  isOp,
  type Message,
  type NativeServer,
  notify,
  pipes,
  type ServerContext,
} from "../ports/index.ts";
import { errno } from "./errno.ts";
import { flow, loseEnd } from "./pipe-flow.ts";
import {
  waitingEnd,
  createPipe,
  endNamed,
  endTag,
  parseEndTag,
  type Pipe,
  type PipeEnd,
  type PipesState,
} from "./pipe-state.ts";
import { refuseAtStream } from "./refusals.ts";

const nothing = new Uint8Array(0);
/** st_dev: pipes are on no file system, nor with the consoles. */
const pipeDevice = 3;
const pipeMode = 0o10600;

export function createPipeServer(): NativeServer {
  const server: NativeServer<PipesState> = {
    name: "pipes",
    create: () => ({ pipes: new Map() }),
    receive(state, tag, message, context) {
      const at = parseEndTag(state, tag);
      if (at) onEnd(state, at.pipe, at.end, message, context);
      else onService(state, message, context);
      return "done";
    },
    hostDied: onHostDied,
    hosts: (state) => waitingEnds(state).map(({ end }) => end.host),
    observe: (state, question) => answerPipes(state, question),
  };
  return server;
}

function onService(state: PipesState, message: Message, context: ServerContext): void {
  if (isOp(message, pipes.make)) onMake(state, message.body, context);
  else if (isOp(message, pipes.join)) onJoin(state, message, context);
  else if (isOp(message, pipes.forgo)) onForgo(state, message.body, context);
  else context.reply(message, files.count, { error: errno.ENOSYS, value: 0 });
}

function onMake(
  state: PipesState,
  body: Body<typeof pipes.make.body>,
  context: ServerContext,
): void {
  const { pipe: number, reader, writer } = body;
  if (state.pipes.has(number)) return; // the operator never gives a number twice
  const read = waitingEnd("read", reader, body.readerIncarnation);
  const write = waitingEnd("write", writer, body.writerIncarnation);
  const pipe = createPipe(number, { read, write });
  state.pipes.set(number, pipe);
  const ids = { pipe: number, reader: hostName(reader), writer: hostName(writer) };
  context.emit("pipe.made", ids);
  for (const end of [read, write]) {
    const lives = context.watchHost(end.host, end.incarnation);
    if (!lives) loseEnd(state, pipe, end, "host-dead", context);
  }
}

function onJoin(
  state: PipesState,
  message: Message<typeof pipes.join.body>,
  context: ServerContext,
): void {
  const { pipe: number, end: code } = message.body;
  const pipe = state.pipes.get(number);
  const end = pipe && endNamed(pipe, code);
  const error = refusalToJoin(pipe, end);
  if (!pipe || !end || error !== 0) {
    context.reply(message, pipes.joined, { error });
    return;
  }
  const right = context.makeCountedPort(endTag(pipe, end));
  end.at = "open";
  end.port = right.uid;
  context.emit("pipe.joined", { pipe: number, end: end.name });
  context.reply(message, pipes.joined, { error: 0 }, [right]);
}

function refusalToJoin(pipe: Pipe | undefined, end: PipeEnd | undefined): number {
  if (!pipe || end?.at === "gone") return errno.ENOENT;
  if (!end) return errno.EINVAL;
  return end.at === "open" ? errno.EBUSY : 0;
}

function onForgo(
  state: PipesState,
  body: Body<typeof pipes.forgo.body>,
  context: ServerContext,
): void {
  const pipe = state.pipes.get(body.pipe);
  const end = pipe && endNamed(pipe, body.end);
  if (pipe && end?.at === "waiting") loseEnd(state, pipe, end, "forgone", context);
}

function waitingEnds({ pipes: all }: PipesState): { pipe: Pipe; end: PipeEnd }[] {
  return [...all.values()].flatMap((pipe) =>
    [pipe.read, pipe.write].filter(({ at }) => at === "waiting").map((end) => ({ pipe, end })),
  );
}

function onHostDied(
  state: PipesState,
  host: HostId,
  incarnation: number,
  context: ServerContext,
): void {
  for (const { pipe, end } of waitingEnds(state)) {
    const died = end.host === host && end.incarnation <= incarnation;
    if (died) loseEnd(state, pipe, end, "host-dead", context);
  }
}

/** A message at one end of a pipe. */
function onEnd(
  state: PipesState,
  pipe: Pipe,
  end: PipeEnd,
  message: Message,
  context: ServerContext,
): void {
  if (isOp(message, files.read)) onRead(pipe, end, message, context);
  else if (isOp(message, files.write)) onWrite(pipe, end, message, context);
  else if (isOp(message, files.seek)) {
    context.reply(message, files.count, { error: errno.ESPIPE, value: 0 });
  } else if (isOp(message, files.stat)) {
    const inode = pipe.number;
    const attributes = { mode: pipeMode, size: 0, inode, links: 1, device: pipeDevice };
    context.reply(message, files.status, { error: 0, ...attributes });
  } else if (isOp(message, files.close)) {
    context.reply(message, files.count, { error: 0, value: 0 });
    loseEnd(state, pipe, end, "closed", context);
  } else if (isOp(message, notify.noSenders)) loseEnd(state, pipe, end, "no-senders", context);
  else refuseAtStream(message, context);
}

function onRead(
  pipe: Pipe,
  end: PipeEnd,
  message: Message<typeof files.read.body>,
  context: ServerContext,
): void {
  const { count } = message.body;
  if (end !== pipe.read) {
    context.reply(message, files.data, { error: errno.EBADF, bytes: nothing });
  } else if (count === 0) {
    context.reply(message, files.data, { error: 0, bytes: nothing });
  } else {
    pipe.readers.push(message);
    flow(pipe, context);
  }
}

function onWrite(
  pipe: Pipe,
  end: PipeEnd,
  message: Message<typeof files.write.body>,
  context: ServerContext,
): void {
  const { bytes } = message.body;
  if (end !== pipe.write) {
    context.reply(message, files.count, { error: errno.EBADF, value: 0 });
  } else if (bytes.length === 0) {
    context.reply(message, files.count, { error: 0, value: 0 });
  } else {
    pipe.writers.push({ request: message, done: 0 });
    flow(pipe, context);
  }
}

/** One pipe as it stands, for views. */
export interface PipeView {
  readonly pipe: number;
  /** Bytes that nobody has read yet, those that wait for room not counted. */
  readonly bytes: number;
  readonly reader: PipeEnd["at"];
  readonly writer: PipeEnd["at"];
  /** Reads, and writes, that wait. */
  readonly readers: number;
  readonly writers: number;
}

export interface PipeQuestion {
  readonly ask: "pipes";
}

function answerPipes(state: PipesState, question: unknown): readonly PipeView[] | undefined {
  if ((question as PipeQuestion).ask !== "pipes") return undefined;
  return [...state.pipes.values()].map(({ number, buffer, read, write, readers, writers }) => ({
    pipe: number,
    bytes: buffer.length,
    reader: read.at,
    writer: write.at,
    readers: readers.length,
    writers: writers.length,
  }));
}
