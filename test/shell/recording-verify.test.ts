// Goal: verify-determinism sees what is not the same. Method: runs that are made to differ: one
// event changed, one left out, and a file that is another one in the second run.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { verifyDeterminism, type VerifyOptions } from "../../shell/recording/index.ts";
import { inTurn } from "../cluster/clusters.ts";

/** Its status, and what it wrote to standard output; standard input is not its own. */
async function verify(
  t: ExecutionContext,
  words: readonly string[],
  options: VerifyOptions,
): Promise<{ readonly status: number; readonly text: string }> {
  const write = process.stdout.write.bind(process.stdout);
  let text = "";
  process.stdout.write = ((bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString();
    return true;
  }) as typeof write;
  try {
    return { status: await verifyDeterminism(words, options), text };
  } finally {
    process.stdout.write = write;
    t.log(text);
  }
}

test("verify: an event that differs in one run: named, from both sides", (t) =>
  inTurn(async () => {
    for (const odd of [0, 1, 2]) {
      const { status, text } = await verify(t, ["--", "run", "count", "2"], {
        alter: (run, lines) =>
          lines.map((line, at) =>
            run === odd && at === 9
              ? line.replace(/"event":"[a-z.-]+"/, '"event":"odd.one"')
              : line,
          ),
      });
      t.is(status, 1);
      t.regex(
        text,
        /^1\n2\nthe trace differs from event 10 on: in workers.* at .*; inline at .*\n$/,
      );
      t.regex(text, /odd\.one/);
      t.is(text.includes("stopped at random places"), odd === 2);
    }
  }));

test("verify: a run with one event less: no event there", (t) =>
  inTurn(async () => {
    const { status, text } = await verify(t, ["run", "count", "2"], {
      alter: (run, lines) => (run === 1 ? lines.slice(0, -1) : lines),
    });
    t.is(status, 1);
    t.regex(text, /in workers no event; inline at /);
  }));

test("verify: a file that is another one in the second run: seen in the trace or in the output", (t) =>
  inTurn(async () => {
    const folder = mkdtempSync(join(tmpdir(), "verify-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    for (const [first, second, seen] of [
      ["short\n", "longer than before\n", /^the trace differs from event \d+ on: in workers/m],
      [
        "hello\n",
        "world\n",
        /^the traces are the same, but \/bin\/cat \(job 2\) has written other/m,
      ],
    ] as const) {
      const script = join(folder, "s.sojourn");
      const program = join(folder, "data");
      writeFileSync(program, first);
      // The file is shown to guests because a line names it as a program of this machine.
      writeFileSync(script, `${program} || cat /mnt/data\n`);
      const { status, text } = await verify(t, ["--", "script", script], {
        alter: (run, lines) => {
          if (run === 0) writeFileSync(program, second);
          return lines;
        },
      });
      t.is(status, 1, text);
      t.regex(text, seen);
    }
  }));
