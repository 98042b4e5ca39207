// Messages between two spaces on one host, by the calls that native servers and the kernel make.
// A sender makes its bytes anew for each message, as `postMessage` does.
//
//   one way   five sends, as many as a port holds by default, then five receives
//   calls     a request with a send-once right, and the answer by it: two messages

import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { dispositions } from "../ports/index.ts";
import { atLeast, type Bench, type Figure } from "./figure.ts";
import { median } from "./measure.ts";
import { connect, createOneHost, receive, send } from "./one-host.ts";

const payload: Uint8Array = new Uint8Array(32).fill(7);
const burst = 5;
const wanted = 1_000_000;
const runs = 5;

export const portBench: Bench = {
  name: "ports",
  doc: "messages a second between two spaces on one host, native send and receive",
  run() {
    const oneWay = rateOf(1_000_000, oneWayOnOurs());
    const calls = rateOf(400_000, callsOnOurs());
    const channel = rateOf(200_000, throughChannel());
    const common = { unit: "k/s", yardstick: channel / 1000 };
    const against = "postMessage, receiveMessageOnPort";
    return Promise.resolve([
      {
        name: "small messages on one host",
        ours: oneWay / 1000,
        yardstick: wanted / 1000,
        unit: "k/s",
        against: "the aim",
        aim: atLeast(1),
      },
      { ...common, name: "the same", ours: oneWay / 1000, against, aim: null },
      { ...common, name: "messages of calls on one host", ours: calls / 1000, against, aim: null },
    ] satisfies readonly Figure[]);
  },
};

/** Messages a second: the median of several runs. `exchange` moves that many of them. */
function rateOf(messages: number, exchange: (messages: number) => void): number {
  exchange(messages); // warms up
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    exchange(messages);
    return performance.now() - start;
  });
  return (messages / median(times)) * 1000;
}

function oneWayOnOurs(): (messages: number) => void {
  const { sender, receiver } = createOneHost();
  const { to, at } = connect(sender, receiver);
  return (messages) => {
    for (let sent = 0; sent < messages; sent += burst) {
      for (let i = 0; i < burst; i++) send(sender, to, payload.slice());
      for (let i = 0; i < burst; i++) checkLength(receive(receiver, at).bytes);
    }
  };
}

function callsOnOurs(): (messages: number) => void {
  const { sender, receiver } = createOneHost();
  const { to, at } = connect(sender, receiver);
  const { at: answers } = connect(receiver, sender);
  return (messages) => {
    for (let sent = 0; sent < messages; sent += 2) {
      send(sender, to, payload.slice(), answers);
      const { bytes, remote } = receive(receiver, at);
      send(receiver, remote, bytes.slice(), 0, dispositions.moveSendOnce);
      checkLength(receive(sender, answers).bytes);
    }
  };
}

function throughChannel(): (messages: number) => void {
  const { port1, port2 } = new MessageChannel();
  return (messages) => {
    for (let sent = 0; sent < messages; sent += burst) {
      for (let i = 0; i < burst; i++) port1.postMessage(payload);
      for (let i = 0; i < burst; i++) {
        const got = receiveMessageOnPort(port2) as { readonly message: Uint8Array } | undefined;
        checkLength(got?.message ?? payload.subarray(1));
      }
    }
  };
}

function checkLength({ length }: Uint8Array): void {
  if (length !== payload.length) throw new Error("a message came with other bytes");
}
