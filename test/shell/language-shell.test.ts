// Goal: the shell at a terminal: prompt, programs that read from it, Ctrl-C and Ctrl-D.
// Method: keys go into one end of a pair of streams; what the screen would show comes out.

import { PassThrough } from "node:stream";
import test from "ava";
import type { ExecutionContext } from "ava";
import { runShellAt } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";

const ctrlC = "\x03";
const ctrlD = "\x04";

interface Typist {
  /** Types, then waits until the screen shows the pattern in what came since. */
  readonly type: (keys: string, until: RegExp) => Promise<string>;
  readonly ended: Promise<number>;
}

async function sitDown(t: ExecutionContext): Promise<Typist> {
  const input = new PassThrough();
  const output = new PassThrough();
  let shown = "";
  let changed = (): void => {};
  output.on("data", (bytes: Buffer) => {
    shown += bytes.toString("utf8");
    changed();
  });
  const ended = runShellAt({ input, output }, { ...settingsDefault, driver: "inline" });
  const type = async (keys: string, until: RegExp): Promise<string> => {
    shown = keys === "" ? shown : "";
    if (keys !== "") input.write(keys);
    const patience = AbortSignal.timeout(20_000);
    while (!until.test(plain(shown))) {
      await new Promise<void>((resolve, reject) => {
        changed = resolve;
        patience.addEventListener("abort", () => {
          reject(new Error(`no ${until} after ${JSON.stringify(keys)}: ${JSON.stringify(shown)}`));
        });
      });
    }
    return plain(shown);
  };
  t.regex(await type("", prompt), /help/);
  return { type, ended };
}

/** A program that says nothing has started by then; what is typed before is the shell's next line. */
function started(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
}

const prompt = /sojourn h1 [\d.]+ (ns|us|ms|s)> $/;

/** Without what moves the cursor. */
function plain(shown: string): string {
  // eslint-disable-next-line no-control-regex
  return shown.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r", "");
}

test("shell: lines at the prompt: run, and time stands still between them", async (t) => {
  const { type, ended } = await sitDown(t);
  const out = await type("count 3\r", prompt);
  t.regex(out, /\n1\n2\n3\nsojourn h1 [\d.]+ ms> $/);
  const before = prompt.exec(out)?.[0];
  t.is(prompt.exec(await type("jobs\r", prompt))?.[0], before);
  t.regex(await type("mgrate %1 h2\r", prompt), /do you mean "migrate"/);
  t.regex(await type("wait %4\r", prompt), /sojourn: expected a job, got no such job: %4/);
  await type("exit 3\r", /exit 3/);
  t.is(await ended, 3);
});

test("shell: a program that reads: gets the lines typed, and Ctrl-D ends its input only", async (t) => {
  const { type, ended } = await sitDown(t);
  await type("cat\r", /cat\n/);
  await started();
  await type("hello\r", /hello\n+hello\n/);
  await type("again\r", /again\n+again\n/);
  await type(ctrlD, prompt);
  t.regex(await type("jobs\r", prompt), /ended +0 /);
  await type(ctrlD, /$/);
  t.is(await ended, 0);
});

test("shell: Ctrl-C while a program runs: ends the program, not the shell", async (t) => {
  const { type, ended } = await sitDown(t);
  await type("count 1000000000\r", /\n5\n/);
  t.regex(await type(ctrlC, prompt), /count: .*SIGINT|interrupt/);
  await type("cat\r", /cat\n/);
  await started();
  await type(ctrlC, prompt);
  t.regex(await type("jobs\r", prompt), /killed +130 /);
  await type(ctrlD, /$/);
  t.is(await ended, 0);
});

test("shell: Ctrl-C at the prompt: drops what was typed", async (t) => {
  const { type, ended } = await sitDown(t);
  await type("crash h", /crash h$/);
  await type(ctrlC, prompt);
  t.notRegex(await type("hosts\r", prompt), /down/);
  await type(ctrlD, /$/);
  t.is(await ended, 0);
});

test("shell: Ctrl-C while a line waits for a job: the job goes on", async (t) => {
  const { type, ended } = await sitDown(t);
  t.regex(await type("count 1000000000 &\r", prompt), /%1 count 1000000000\n/);
  await type("wait\r", /\n5\n/);
  t.regex(await type(ctrlC, prompt), /got interrupted/);
  t.regex(await type("jobs\r", prompt), /%1 +10001 +h1 +running/);
  await type(ctrlD, /$/);
  t.is(await ended, 0);
});
