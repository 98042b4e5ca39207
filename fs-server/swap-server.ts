// The default pager: keeps pages of anonymous memory for which there is no room, or no home, elsewhere.
//
//   create (well-known port)  ──▶ created + the port of a new object
//   return (an object's port) ──▶ returned: the pages are kept, in place of older ones
//   request                   ──▶ supply, the copy is kept;  unavailable: never returned
//   terminate                 ──▶ the object and its pages are gone
//
// Swap is memory of its host: writes and reads take no disk time, and a crash loses all of it.

import {
  isOp,
  memory,
  type Message,
  type NativeServer,
  type PortUid,
  type ServerContext,
} from "../ports/index.ts";
import { errno } from "./errno.ts";

const pageBytes = 4096;
/** Pages in one message: 64 KiB. */
const messagePages = 16;

export interface SwapConfig {
  /** Default: 1 GiB. */
  readonly bytesMax?: number;
}

interface SwapObject {
  readonly port: PortUid;
  readonly pages: Map<number, Uint8Array>;
}

interface SwapState {
  /** By the tag of the object's port. */
  readonly objects: Map<string, SwapObject>;
  pages: number;
  next: number;
}

/** What a question with `ask: "swap"` is answered. */
export interface SwapView {
  readonly objects: number;
  readonly pages: number;
}

export function createSwapServer({ bytesMax = 2 ** 30 }: SwapConfig = {}): NativeServer {
  const server: NativeServer<SwapState> = {
    name: "swap",
    create: () => ({ objects: new Map(), pages: 0, next: 1 }),
    receive(state, tag, message, context) {
      const object = state.objects.get(tag);
      if (object) onObject({ state, context, bytesMax }, tag, object, message);
      else if (isOp(message, memory.create)) onCreate(state, message, context);
      return "done";
    },
    observe: ({ objects, pages }, question): SwapView | undefined =>
      (question as { readonly ask: string }).ask === "swap"
        ? { objects: objects.size, pages }
        : undefined,
  };
  return server;
}

function onCreate(
  state: SwapState,
  message: Message<typeof memory.create.body>,
  context: ServerContext,
): void {
  const tag = `${state.next++}`;
  const right = context.makePort(tag);
  state.objects.set(tag, { port: right.uid, pages: new Map() });
  context.reply(message, memory.created, { error: 0 }, [right]);
}

interface Swapping {
  readonly state: SwapState;
  readonly context: ServerContext;
  readonly bytesMax: number;
}

function onObject(swapping: Swapping, tag: string, object: SwapObject, message: Message): void {
  const { state, context } = swapping;
  // A message without the control port of a kernel has nobody to answer.
  const control = message.rights[0]?.uid;
  if (isOp(message, memory.return)) {
    if (control !== undefined) onReturn(swapping, object, message.body, control);
  } else if (isOp(message, memory.request)) {
    if (control !== undefined) supply(context, object, message.body, control);
  } else if (isOp(message, memory.terminate)) {
    state.pages -= object.pages.size;
    state.objects.delete(tag);
    context.destroyPort(object.port);
  }
}

function onReturn(
  { state, context, bytesMax }: Swapping,
  { pages }: SwapObject,
  { page, bytes }: { readonly page: number; readonly bytes: Uint8Array },
  control: PortUid,
): void {
  const count = Math.floor(bytes.length / pageBytes);
  let fresh = 0;
  for (let at = page; at < page + count; at++) if (!pages.has(at)) fresh++;
  const fits = (state.pages + fresh) * pageBytes <= bytesMax;
  if (fits) {
    state.pages += fresh;
    for (let at = 0; at < count; at++) {
      pages.set(page + at, bytes.slice(at * pageBytes, (at + 1) * pageBytes));
    }
  }
  context.send(control, memory.returned, { page, count, error: fits ? 0 : errno.ENOSPC });
}

/** Sends runs of pages that are here, and of pages that are not, in order. */
function supply(
  context: ServerContext,
  { pages }: SwapObject,
  { page, count }: { readonly page: number; readonly count: number },
  control: PortUid,
): void {
  const end = page + count;
  let at = page;
  while (at < end) {
    const isHere = pages.has(at);
    let length = 1;
    while (at + length < end && length < messagePages && pages.has(at + length) === isHere) {
      length++;
    }
    if (isHere) {
      const bytes = new Uint8Array(length * pageBytes);
      for (let index = 0; index < length; index++) {
        bytes.set(pages.get(at + index) as Uint8Array, index * pageBytes);
      }
      context.send(control, memory.supply, { page: at, bytes, precious: false, prohibited: 0 });
    } else context.send(control, memory.unavailable, { page: at, count: length });
    at += length;
  }
}
