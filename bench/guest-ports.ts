// Messages between two guests on one host: the kernel call port_message, twice for each message.

import { atLeast, type Bench, type Figure } from "./figure.ts";
import { type Flood, floodRate, pipeRate } from "./flood.ts";
import { compiler, missingTool, qemu } from "./tools.ts";

const flood: Flood = { messages: 400_000, bytes: 32, threads: 1, from: "h1", to: "h1" };
const wanted = 300_000;

export const guestPortBench: Bench = {
  name: "guest-ports",
  doc: "messages a second between two guests on one host, against a pipe under qemu-riscv64",
  async run() {
    const name = "small messages between two guests";
    const missing = missingTool(compiler, qemu);
    if (missing !== undefined) return [{ name, reason: `needs ${missing}` }];
    const ours = (await floodRate(flood, "worker")) / 1000;
    const pipe = pipeRate(flood) / 1000;
    const unit = "k/s";
    return [
      { name, ours, yardstick: wanted / 1000, unit, against: "the aim", aim: atLeast(1) },
      { name: "the same", ours, yardstick: pipe, unit, against: "pipe, qemu-riscv64", aim: null },
    ] satisfies readonly Figure[];
  },
};
