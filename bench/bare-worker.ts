// The least that a worker with a wasm instance can be, and that two of them can say to each other:
// what hosts and messages are held against.
//
//   workerData.module   a module to instantiate; says "up" when that is done
//   a port              answers each message on it, with bytes or with a number

import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";

/** (module (memory 1) (func (export "f") (result i32) i32.const 1)) */
export const smallModule: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x05, 0x03, 0x01, 0x00, 0x01],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
  ...[0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x01, 0x0b],
]);

/** What the main thread gives to a pair of workers that send to each other. */
export interface PairTask {
  readonly port: MessagePort;
  readonly rounds: number;
  readonly bytes: number;
  /** Messages that are under way at once. */
  readonly depth: number;
  /** How many bytes an answer has; null: it says only that the message has come. */
  readonly answerBytes: number | null;
  /** One of the pair begins, and reports its time for all rounds. */
  readonly begins: boolean;
}

function answer({ port, answerBytes }: PairTask): void {
  const given = answerBytes === null ? null : new Uint8Array(answerBytes);
  port.on("message", (bytes: Uint8Array) => port.postMessage(given ?? bytes.length));
}

function ask({ port, rounds, bytes, depth }: PairTask): void {
  const payload = new Uint8Array(bytes);
  const warmUp = Math.ceil(rounds / 10);
  let left = rounds + warmUp;
  let start = performance.now();
  port.on("message", () => {
    left--;
    if (left === rounds) start = performance.now();
    if (left >= depth) port.postMessage(payload);
    if (left === 0) parentPort?.postMessage(performance.now() - start);
  });
  for (let sent = 0; sent < depth; sent++) port.postMessage(payload);
}

if (!isMainThread) {
  const given = workerData as { readonly module: WebAssembly.Module };
  const instance = new WebAssembly.Instance(given.module);
  if (typeof instance.exports["f"] !== "function") throw new Error("the small module has no f");
  parentPort?.on("message", (task: PairTask) => (task.begins ? ask(task) : answer(task)));
  parentPort?.postMessage("up");
}
