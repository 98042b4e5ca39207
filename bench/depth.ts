// Sixteen threads of a guest on h1 that send to one port on h2, each with one send under way, as a
// thread has: sixteen messages are on the cable at once. What the guests themselves compute is in
// the figure: the kernel reads each message from a program's memory, and writes it into another's.

import { type Bench, type Figure } from "./figure.ts";
import { floodRate } from "./flood.ts";
import { medianOf } from "./measure.ts";
import { postMessageRate } from "./pair.ts";
import { compiler, missingTool } from "./tools.ts";

const depth = 16;
const sizes = [
  { name: "64-byte messages", messages: 32_000, bytes: 64 },
  { name: "64-KiB messages", messages: 3200, bytes: 65536 },
] as const;

export const depthBench: Bench = {
  name: "depth-16",
  doc: "sixteen threads that send to another host, against postMessage with sixteen under way",
  async run() {
    const missing = missingTool(compiler);
    const figures: Figure[] = [];
    for (const { name, messages, bytes } of sizes) {
      if (missing !== undefined) return [{ name, reason: `needs ${missing}` }];
      const flood = { messages, bytes, threads: depth, from: "h1", to: "h2" };
      const bare = await medianOf(3, () => postMessageRate(messages, bytes, depth));
      for (const driver of ["worker", "inline"] as const) {
        figures.push({
          name: `${name} of 16 threads (${driver})`,
          ours: (await floodRate(flood, driver)) / 1000,
          yardstick: bare / 1000,
          unit: "k/s",
          against: "postMessage, depth 16",
          aim: null,
        });
      }
    }
    return figures;
  },
};
