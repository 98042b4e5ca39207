// `npm start`: a demonstration that types the lines of docs/examples/journey.sojourn and ends by itself.

import { readFileSync } from "node:fs";
import { playScript } from "./demo-player.ts";
import { endingOf, say } from "./exit-status.ts";
import { watchInterrupts } from "./interrupts.ts";
import { parseOptions } from "./options.ts";
import { outputFlushed } from "./run-output.ts";

const script = "docs/examples/journey.sojourn";
const options = ["--net", "loss=2%,delay=0..300us"];

async function main(): Promise<number> {
  const parsed = parseOptions(options, "session");
  if (!("settings" in parsed)) throw new Error("the options of the demonstration do not parse");
  const text = readFileSync(new URL(`../../${script}`, import.meta.url), "utf8");
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const { status, expectationsHeld } = await playScript(text, parsed.settings, print);
  if (status === 0) {
    print(`\n${expectationsHeld} expectations held. The same lines: npx sojourn script \\`);
    print(`  --net loss=2%,delay=0..300us ${script}; your own: npx sojourn`);
  }
  return status;
}

watchInterrupts();
try {
  process.exitCode = await main();
} catch (error) {
  const { status, line } = endingOf(error);
  say(line);
  process.exitCode = status;
}
await outputFlushed();
