// Standard input: a file, a pipe cut up in any way, nothing; and that nothing is read unasked.

import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fc, testProp } from "@fast-check/ava";
import test, { type ExecutionContext } from "ava";
import { PipeInput } from "../../shell/run-input.ts";
import { type Ended, folder, sojourn, start } from "./cli-process.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

const lines = "first line\n\nthird, longer line\nthe end without a newline";

/** Runs with the pieces written one by one, each after a pause; the trace beside the end. */
async function feed(
  t: ExecutionContext,
  words: readonly string[],
  pieces: readonly string[],
): Promise<{ readonly ended: Ended; readonly trace: string }> {
  const trace = join(folder(t), "trace");
  const running = start(["run", "--trace", trace, ...words], { stdin: "pipe" });
  for (const piece of pieces) {
    await running.feed(piece);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  running.closeInput();
  const ended = await running.ended;
  return { ended, trace: readFileSync(trace, "utf8") };
}

function fromFile(words: readonly string[], path: string): Promise<Ended> {
  const file = openSync(path, "r");
  const ended = sojourn(words, { stdin: file });
  closeSync(file);
  return ended;
}

test.serial(
  "input: a pipe in odd pieces: the same trace as in one piece, in both drivers",
  async (t) => {
    const whole = await feed(t, ["cat"], [lines]);
    t.is(whole.ended.stdout, lines);
    t.true(whole.trace.split("\n").length > 20);
    const odd = await feed(
      t,
      ["cat"],
      ["fi", "rst line\n\nthi", "rd, longer line\nthe end", " without a newline"],
    );
    t.is(odd.ended.stdout, lines);
    t.is(odd.trace, whole.trace);
    const inline = await feed(t, ["--driver", "inline", "cat"], lines.split(""));
    t.is(inline.trace, whole.trace);
  },
);

test.serial("input: a regular file: every byte of it, the same trace each time", async (t) => {
  const path = join(folder(t), "bytes");
  writeFileSync(
    path,
    Buffer.from(Array.from({ length: 100_003 }, (_, index) => (index * 7) % 256)),
  );
  const traces = await Promise.all(
    ["worker", "inline"].map(async (driver) => {
      const trace = `${path}.${driver}`;
      const { stdout, status } = await fromFile(
        ["run", "--driver", driver, "--trace", trace, "wc"],
        path,
      );
      t.is(status, 0);
      t.regex(stdout, /\b100003\n/);
      return readFileSync(trace, "utf8");
    }),
  );
  t.is(traces[0], traces[1]);
});

test.serial(
  "input: what has no newline: a pipe is read as a file is, to the same trace",
  async (t) => {
    const text = "no newline in here";
    const path = join(folder(t), "text");
    writeFileSync(path, text);
    const file = await fromFile(["run", "--trace", `${path}.trace`, "cat"], path);
    const pipe = await feed(t, ["cat"], ["no new", "line in here"]);
    t.is(file.stdout, text);
    t.is(pipe.ended.stdout, text);
    t.is(readFileSync(`${path}.trace`, "utf8"), pipe.trace);
  },
);

test.serial("input: none, or /dev/null: empty", async (t) => {
  const { status, stdout } = await sojourn(["run", "cat"], { stdin: "ignore" });
  t.deepEqual({ status, stdout }, { status: 0, stdout: "" });
});

test.serial(
  "input: a program that reads none: does not wait for a pipe that stays open",
  async (t) => {
    const running = start(["run", "count", "3"], { stdin: "pipe" });
    const { status, stdout } = await running.ended;
    t.deepEqual({ status, stdout }, { status: 0, stdout: "1\n2\n3\n" });
  },
);

test.serial("input: answered line by line: each line is out before the next is in", async (t) => {
  const running = start(["run", "cat"], { stdin: "pipe" });
  await running.feed("one\n");
  // It would never come if more were read than was asked for.
  await running.speaking;
  running.closeInput();
  t.is((await running.ended).stdout, "one\n");
});

testProp(
  "input: any bytes cut in any way, asked for in any portions: portions do not depend on the cuts",
  [
    fc.array(fc.constantFrom("a", "bc", "\n", "d\ne", "fgh\n")),
    fc.array(fc.integer({ min: 1, max: 5 })),
  ],
  async (t, pieces, counts) => {
    const cut = await portions(pieces, counts);
    const whole = await portions([pieces.join("")], counts);
    t.deepEqual(cut, whole);
    for (const portion of cut) t.true(!portion.slice(0, -1).includes("\n"));
    t.is(cut.join(""), pieces.join("").slice(0, cut.join("").length));
  },
);

async function portions(pieces: readonly string[], counts: readonly number[]): Promise<string[]> {
  const stream = new PassThrough();
  const input = new PipeInput(stream, () => {});
  for (const piece of pieces) stream.write(piece);
  stream.end();
  const got: string[] = [];
  for (const count of counts) got.push(Buffer.from(await input.read(count)).toString());
  return got;
}

test.serial("input: a pipe that is not asked: nothing is taken from it", async (t) => {
  const stream = new PassThrough();
  new PipeInput(stream, () => {});
  stream.write("unasked");
  await new Promise((resolve) => setImmediate(resolve));
  t.is(stream.readableLength, 7);
});
