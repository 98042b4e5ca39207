// The name server: where tasks find each other's ports by words, at every task's bootstrap port.
//
//   register     word, a send right  ▶  done │ in use           the word is free again when the port
//   look up      word                ▶  a send right │ unknown  dies
//   until there  word                ▶  a send right, once somebody has registered the word
//
// Requests and answers are messages of tasks, laid out as in <sojourn.h>. Each answer takes a part
// of the transits that the registered right carries; more are asked for before the last one goes,
// and who asks meanwhile waits.

import {
  isOp,
  type Message,
  type NativeServer,
  partKinds,
  type PortUid,
  type Right,
  type ServerContext,
  user,
} from "../ports/index.ts";

const requests = { register: 400, lookUp: 401, untilThere: 402 } as const;
const results = { done: 0, inUse: 1101, unknown: 1102, malformed: 1103, full: 1104 } as const;
/** An answer's number is its request's and this. */
const answerOffset = 100;
const textBytesMax = 63;
const namesMax = 4096;
const waitingMax = 1024;
/** The server asks for more transits when a right has fewer than this. */
const transitsLow = 1024;

type Request = Message<typeof user.message.body>;

export interface NameState {
  readonly names: Map<string, Right>;
  /** Requests for words that nobody has registered yet, or whose right is short of transits. */
  readonly waiting: Map<string, Request[]>;
}

export function createNameServer(): NativeServer {
  const server: NativeServer<NameState> = {
    name: "names",
    create: () => ({ names: new Map(), waiting: new Map() }),
    receive(state, _tag, message, context) {
      if (isOp(message, user.message)) onRequest(state, message, context);
      return "done";
    },
    portDied: (state, uid) => forget(state, uid),
    granted: onGranted,
    held: (state, uid) =>
      [...state.names.values()].reduce(
        (sum, right) => sum + (right.uid === uid ? (right.count ?? 0) : 0),
        0,
      ),
  };
  return server;
}

function onRequest(state: NameState, request: Request, context: ServerContext): void {
  const { number, bytes, parts } = request.body;
  const text = textOf(bytes);
  const oneRight = parts.length === 2 && parts[0] === partKinds.port;
  // A right behind those of the body is the one by which the request was sent.
  const [right, ...others] = oneRight ? request.rights : [undefined, ...request.rights];
  for (const unwanted of others) if (unwanted) context.drop(unwanted);
  if (number === requests.register && text !== undefined && right) {
    register(state, { request, text, right }, context);
    return;
  }
  if (right) context.drop(right);
  const asks = number === requests.lookUp || number === requests.untilThere;
  if (!asks || text === undefined || parts.length > 0) answer(request, results.malformed, context);
  else if (state.names.has(text)) lookUp(state, text, request, context);
  else if (number === requests.untilThere) wait(state, text, request, context);
  else answer(request, results.unknown, context);
}

/** The word of a request; undefined when it is empty, too long or without a final zero. */
function textOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  if (end <= 0 || end > textBytesMax) return undefined;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

interface Registration {
  readonly request: Request;
  readonly text: string;
  readonly right: Right;
}

function register(
  state: NameState,
  { request, text, right }: Registration,
  context: ServerContext,
): void {
  const result =
    right.kind !== "send"
      ? results.malformed
      : state.names.has(text)
        ? results.inUse
        : state.names.size >= namesMax
          ? results.full
          : results.done;
  if (result === results.done) {
    state.names.set(text, right);
    context.watch(right.uid);
  } else context.drop(right);
  answer(request, result, context);
  serveWaiting(state, text, context);
}

/** Answers with a copy of the right. Requires: the word is registered. */
function lookUp(state: NameState, text: string, request: Request, context: ServerContext): void {
  const right = state.names.get(text) as Right;
  const parts = context.split(right);
  if (!parts) {
    wait(state, text, request, context);
    context.acquire(right.uid);
    return;
  }
  state.names.set(text, parts.kept);
  if (parts.kept.count !== undefined && parts.kept.count < transitsLow) context.acquire(right.uid);
  answer(request, results.done, context, parts.given);
}

function wait(state: NameState, text: string, request: Request, context: ServerContext): void {
  const waiting = state.waiting.get(text) ?? [];
  const all = [...state.waiting.values()].reduce((sum, { length }) => sum + length, 0);
  if (all >= waitingMax) answer(request, results.full, context);
  else state.waiting.set(text, [...waiting, request]);
}

function serveWaiting(state: NameState, text: string, context: ServerContext): void {
  if (!state.names.has(text)) return;
  const waiting = state.waiting.get(text) ?? [];
  state.waiting.delete(text);
  for (const request of waiting) lookUp(state, text, request, context);
}

function answer(request: Request, result: number, context: ServerContext, right?: Right): void {
  const body = {
    number: request.body.number + answerOffset,
    token: 0,
    bytes: new Uint8Array(Uint32Array.of(result).buffer),
    parts: right ? [partKinds.port, 1] : [],
    memory: new Uint8Array(0),
  };
  context.reply(request, user.message, body, right ? [right] : []);
}

/** The port has died: its words are free. */
function forget(state: NameState, uid: PortUid): void {
  for (const [text, right] of [...state.names]) {
    if (right.uid === uid) state.names.delete(text);
  }
}

/** More transits for a registered right; those that come too late are given back. */
function onGranted(state: NameState, uid: PortUid, transits: number, context: ServerContext): void {
  const [found] = [...state.names]
    .filter(([, right]) => right.uid === uid)
    .sort(([, a], [, b]) => (a.count ?? 0) - (b.count ?? 0));
  if (!found) {
    context.drop({ kind: "send", uid, count: transits });
    return;
  }
  const [text, right] = found;
  state.names.set(text, { ...right, count: (right.count ?? 0) + transits });
  serveWaiting(state, text, context);
}
