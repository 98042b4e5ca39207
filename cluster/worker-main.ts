// One host in a worker thread. Once it is up it never returns to its event loop: it sleeps at its
// gate, runs windows, and the last one to arrive at the barrier opens the next gates.

import { availableParallelism } from "node:os";
import { workerData } from "node:worker_threads";
import { decodePlain } from "../ports/base/index.ts";
import type { HostId } from "../ports/index.ts";
import { boardOver, eventMayStopRun, outputMayStopRun, publish } from "./board.ts";
import { answerRequest, buildEngine, timingOf } from "./build.ts";
import type { ClusterConfig, HostRequest } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { grantTo } from "./worker-grant.ts";
import {
  answerWord,
  gateWord,
  type Mailbox,
  openGate,
  openShared,
  parkCode,
  ringBell,
  runWord,
  type SharedBuffers,
  word,
} from "./shared.ts";
import {
  decodePacket,
  encodeAnswer,
  encodeConsole,
  encodeFailure,
  encodeInput,
  encodePacketHead,
  encodeTrace,
} from "./worker-records.ts";

export interface WorkerStart {
  readonly id: HostId;
  readonly config: ClusterConfig;
  readonly module: WebAssembly.Module;
  readonly buffers: SharedBuffers;
}

const { id, config, module, buffers } = workerData as WorkerStart;
const shared = openShared(buffers);
const { words } = shared;
const board = boardOver(shared.board, shared.count);
const timing = timingOf(config);
const inbox = shared.inboxes[id] as Mailbox;
const outbox = shared.outboxes[id] as Mailbox;
const requests = shared.requests[id] as Mailbox;
/**
 * Looks at the gate before sleeping at it. Long, about what a sleep and a wake-up cost, while a
 * core is left for it; else short, because whoever would open the gate may want this core.
 */
const looksLong = 20_000;
const looksShort = 100;
const cores = availableParallelism();

const input: { given: Uint8Array | null; wanted: Uint8Array | null } = {
  given: null,
  wanted: null,
};

const engine: Engine = buildEngine(
  {
    config,
    timing,
    module,
    streams: {
      output: (job, stream, bytes) => {
        const at = engine.clock();
        outputMayStopRun(board, id, at, timing.skewMaxNs);
        tell(encodeConsole(at, job, stream, bytes));
        ringBell(shared);
      },
      input(job, count) {
        const { given } = input;
        input.given = null;
        if (given) return given;
        input.wanted = encodeInput(job, count);
        return "wait";
      },
    },
    output: {
      trace(record, event) {
        eventMayStopRun(board, record, event, timing.skewMaxNs);
        tell(encodeTrace(record));
      },
      send,
    },
  },
  id,
);

/** To the main thread; waits, in real time, while it is behind. */
function tell(record: Uint8Array): void {
  while (!outbox.put(record)) {
    ringBell(shared);
    outbox.waitForRoom();
  }
}

function send(to: HostId, arrive: number, number: number, bytes: Uint8Array): void {
  const head = encodePacketHead(id, arrive, number);
  const box = shared.inboxes[to] as Mailbox;
  const put = (): boolean =>
    box.locked(() => {
      if (!box.putLocked(head, bytes)) return false;
      board.mail[to] = Math.min(board.mail[to] as number, arrive);
      return true;
    });
  while (!put()) {
    openGate(shared, to); // whoever sleeps there makes room and goes on sleeping
    takeMail(); // or two full mailboxes would wait for each other
    box.waitForRoom();
  }
}

function takeMail(): void {
  for (const record of inbox.drain()) {
    const { from, arrive, number, bytes } = decodePacket(record);
    engine.receivePacket(from, arrive, number, bytes);
  }
}

/** Up to the horizon, or until somebody wants to look. */
function runWindow(): void {
  const horizon = { at: board.horizon[id] as number };
  while (Atomics.load(words, word.stop) === 0) {
    const did = engine.room(horizon);
    if (did === "idle") break;
    if (did === "wait") waitForInput();
  }
  publish(board, id, engine);
  if (Atomics.sub(words, word.awake, 1) === 1) grantTo(shared, board, timing);
}

/** Virtual time stands until the main thread has the bytes. */
function waitForInput(): void {
  const before = Atomics.load(words, answerWord(shared, id));
  if (input.wanted) tell(input.wanted);
  input.wanted = null;
  ringBell(shared);
  Atomics.wait(words, answerWord(shared, id), before);
  input.given = requests.drain()[0] ?? new Uint8Array(0);
}

function answerRequests(): void {
  for (const record of requests.drain()) {
    const asked = decodePlain(record) as readonly HostRequest[];
    const answers = asked.map((request) => answerRequest(engine, id, request));
    publish(board, id, engine);
    for (const part of encodeAnswer(answers)) tell(part);
  }
}

function sleepAt(gate: number): number {
  const at = gateWord(shared, id);
  const busy = Atomics.add(words, word.looking, 1) + 1 + Atomics.load(words, word.awake);
  let now = gate;
  for (let left = busy <= cores ? looksLong : looksShort; left > 0 && now === gate; left--) {
    now = Atomics.load(words, at);
  }
  Atomics.sub(words, word.looking, 1);
  if (now !== gate) return now;
  Atomics.wait(words, at, gate);
  return Atomics.load(words, at);
}

function serve(): void {
  publish(board, id, engine);
  if (Atomics.sub(words, word.awake, 1) === 1) grantTo(shared, board, timing);
  let gate = 0;
  for (;;) {
    gate = sleepAt(gate);
    takeMail();
    if (Atomics.exchange(words, runWord(id), 0) === 1) runWindow();
    else answerRequests();
  }
}

try {
  serve();
} catch (error) {
  tell(encodeFailure(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  Atomics.store(words, word.park, parkCode.failed);
  ringBell(shared);
}
