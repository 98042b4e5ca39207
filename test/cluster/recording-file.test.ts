// Goal: what a recording says survives the file to the bit, and a file that was changed is refused,
// or the first event that comes out otherwise is named.
// Method: properties over all messages by their tables; files changed in each of their parts.

import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { testProp, fc } from "@fast-check/ava";
import test, { type ExecutionContext } from "ava";
import {
  readRecording,
  type Recording,
  replayRecording,
  takeRecording,
  UsageError,
  type Verdict,
  writeRecording,
} from "../../cluster/index.ts";
import { readBytes, writeBytes } from "../../cluster/recording-json.ts";
import {
  readCommand,
  readMessage,
  writeCommand,
  writeMessage,
} from "../../cluster/recording-command.ts";
import type { WorldCommand } from "../../cluster/inputs.ts";
import { allOps, type Message, type Right, wellKnownPort } from "../../ports/index.ts";
import { boot, inTurn, ms } from "./clusters.ts";

const version = "1.2.3";

const u53 = fc.maxSafeNat();
/** Of every kind: lone surrogates and control characters too. */
const text = fc.string({ unit: "binary" });
const kinds = {
  u8: fc.integer({ min: 0, max: 255 }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  u53,
  i53: fc.maxSafeInteger(),
  flag: fc.boolean(),
  string: text,
  bytes: fc.uint8Array({ maxLength: 40 }),
  strings: fc.array(text),
  u53s: fc.array(u53),
} as const;

const right = fc.oneof(
  fc.record({ kind: fc.constantFrom("send", "send-once", "receive", "dead"), uid: u53 }),
  fc.record({ kind: fc.constantFrom("send", "send-once"), uid: u53, count: u53 }),
) as fc.Arbitrary<Right>;

const message = fc.constantFrom(...allOps()).chain((op) => {
  const fields = Object.entries(op.body).map(([name, kind]) => [name, kinds[kind]]);
  const whole = fc.record({
    op: fc.constant(op.name),
    id: u53,
    reply: fc.option(right),
    rights: fc.array(right),
    body: fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>),
  });
  const withVia = fc.tuple(whole, u53).map(([one, via]) => ({ ...one, via }));
  return fc.oneof(whole, withVia);
}) as unknown as fc.Arbitrary<Message>;

/** As plain objects: those of fast-check have no prototype. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, one: unknown) =>
      one instanceof Uint8Array ? { bytes: [...one] } : one,
    ),
  );

testProp("recording: a message of any interface: the same again", [message], (t, one) => {
  const again = readMessage(JSON.parse(JSON.stringify(writeMessage(one))), "message");
  t.deepEqual(plain(again), plain(one));
});

testProp(
  "recording: bytes: the same again, as text if they are text",
  [kinds.bytes],
  (t, bytes) => {
    const again = readBytes(JSON.parse(JSON.stringify(writeBytes(bytes))), "bytes");
    t.deepEqual([...again], [...bytes]);
  },
);

const host = fc.integer({ min: 0, max: 7 });
const world: fc.Arbitrary<WorldCommand> = fc.oneof(
  fc.constantFrom(...(["crash", "restart", "pause", "continue"] as const)).map((word) => ({
    do: word,
  })),
  fc.record({ do: fc.constantFrom("cut" as const, "heal" as const), peer: fc.constant(8) }),
  fc.record({ do: fc.constant("delay" as const), peer: fc.constant(8), ns: u53 }),
  fc.record({
    do: fc.constant("drop" as const),
    peer: fc.constant(8),
    ppm: fc.integer({ min: 0, max: 1_000_000 }),
  }),
);

testProp(
  "recording: commands: the same again",
  [u53, u53, host, world],
  (t, time, number, at, one) => {
    const logged = { time, number, host: at, command: one };
    const again = readCommand(JSON.parse(JSON.stringify(writeCommand(logged))), 8);
    t.deepEqual(plain(again), plain(logged));
  },
);

testProp("recording: orders: the same again, at their doors", [host, message], (t, at, one) => {
  const area = one.op.split(".")[0] ?? "";
  const door = (["control", "console", "pipes"] as const).find((name) => name === area);
  const to = wellKnownPort(at, area === "agent" ? "control" : (door ?? "control"));
  const logged = {
    time: 1,
    number: 0,
    host: at,
    command: { do: "order", to, message: one } as const,
  };
  const written = JSON.parse(JSON.stringify(writeCommand(logged))) as unknown;
  if (door || area === "agent") t.deepEqual(plain(readCommand(written, 8)), plain(logged));
  else t.throws(() => readCommand(written, 8), { message: /does not take/ });
});

/** A short run with commands, input and output of all sorts, as lines. */
async function lines(t: ExecutionContext): Promise<string[]> {
  const cluster = await boot(t, { seed: 4 });
  await cluster.spawn("h1", ["cat"], { stdin: "one\ntwo\n" });
  await cluster.spawn("h2", ["count", "5", "1ms"]);
  await cluster.advance(2 * ms);
  cluster.cut("h1", "h2");
  cluster.crash("h3");
  await cluster.runUntil({ allExited: true });
  const recording = await takeRecording(cluster, { version, session: null });
  await cluster.close();
  return [...writeRecording(recording)].join("").split("\n").slice(0, -1);
}

function reread(of: readonly string[]): Recording {
  return readRecording(Buffer.from(of.map((line) => `${line}\n`).join("")), "x.soj", version);
}

async function verdictOf(of: readonly string[]): Promise<Verdict> {
  const { cluster, verdict } = await replayRecording(reread(of), { driver: "inline" });
  await cluster.close();
  return verdict;
}

/** With one line changed. */
function changed(of: readonly string[], at: number, from: string | RegExp, to: string): string[] {
  return of.map((line, index) => (index === at ? line.replace(from, to) : line));
}

test("recording: a command, an input or the trace changed: the first event that differs is named", (t) =>
  inTurn(async () => {
    const whole = await lines(t);
    const { trace } = reread(whole);
    t.is((await verdictOf(whole)).is, "same");
    const cut = whole.findIndex((line) => line.includes('"do":"cut"'));
    const diverged = async (
      of: readonly string[],
    ): Promise<Extract<Verdict, { is: "diverged" }>> => {
      const verdict = await verdictOf(of);
      if (verdict.is === "diverged") return verdict;
      throw new Error("the same trace");
    };

    const peer = await diverged(changed(whole, cut, '"peer":"h2"', '"peer":"h3"'));
    t.is(peer.event, trace.findIndex((line) => line.includes('"cable.cut"')) + 1);
    t.is(peer.recorded, trace[peer.event - 1] ?? null);
    t.regex(peer.now ?? "", /"event":"cable.cut","to":"h3"/);

    const time = (await diverged(changed(whole, cut, /"at":(\d+)/, '"at":1999999'))).event;
    t.is(time, peer.event, "another time");

    const input = whole.findIndex((line) => line.startsWith('{"input"'));
    const fed = await diverged(changed(whole, input, "one\\n", "one more\\n"));
    t.not(fed.now, fed.recorded);

    const last = JSON.parse(whole.at(-1) ?? "") as { trace: string; sha256: string };
    const events = gunzipSync(Buffer.from(last.trace, "base64")).toString().split("\n");
    events[9] = events[9]?.replace('"at":', '"at":9') ?? "";
    const bytes = events.join("\n");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const other = { ...last, sha256, trace: gzipSync(bytes).toString("base64") };
    const forged = await diverged([...whole.slice(0, -1), JSON.stringify(other)]);
    t.is(forged.event, 10);
    t.is(forged.recorded, events[9] ?? null);
    t.is(forged.now, trace[9] ?? null);

    const fewer = trace.slice(0, 20);
    const short = { ...last, events: 20, ...packed(fewer) };
    const missing = await diverged([...whole.slice(0, -1), JSON.stringify(short)]);
    t.deepEqual([missing.event, missing.now, missing.recorded], [21, trace[20], null]);
  }));

function packed(events: readonly string[]): { readonly sha256: string; readonly trace: string } {
  const bytes = events.map((line) => `${line}\n`).join("");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { sha256, trace: gzipSync(bytes).toString("base64") };
}

test("recording: what is none of ours, or damaged: refused in one line that says why", (t) =>
  inTurn(async () => {
    const whole = await lines(t);
    const refuses = (of: readonly string[] | Buffer, message: RegExp): void => {
      const bytes = Buffer.isBuffer(of) ? of : Buffer.from(of.map((line) => `${line}\n`).join(""));
      const error = t.throws(() => readRecording(bytes, "x.soj", version), {
        instanceOf: UsageError,
        message,
      });
      t.notRegex(error?.message ?? "\n", /\n/);
    };
    const join = (of: readonly string[]): Buffer => Buffer.from(of.join("\n"));
    refuses([], /^x.soj is no recording: it is empty$/);
    for (const other of ["hello", "{}", "[1]", "null", '{"sojourn":1}', "\x00\xff"]) {
      refuses([other], /^x.soj is no recording of sojourn$/);
    }
    refuses(
      changed(whole, 0, '"sojourn-recording":1', '"sojourn-recording":2'),
      /of format 2; this is sojourn 1.2.3, which reads format 1$/,
    );
    refuses(
      changed(whole, 0, version, "0.0.9"),
      /^x.soj: recorded by sojourn 0.0.9, this is 1.2.3: /,
    );
    refuses(
      changed(whole, 0, '"hosts":3', '"hosts":0'),
      /line 1: "hosts" is 0, which is not from 1/,
    );
    refuses(whole.slice(0, -1), /^x.soj is cut short/);
    refuses(whole.slice(0, 1), /^x.soj is cut short/);
    for (const part of [0.3, 0.6, 0.99]) {
      const bytes = join([...whole, ""]);
      refuses(bytes.subarray(0, Math.floor(bytes.length * part)), /cut short/);
    }
    refuses(
      changed(whole, 1, '"job":1', '"job":2'),
      /command 0 starts job 2, where job 1 should come$/,
    );
    refuses(
      changed(whole, 1, '"op":"control.spawn"', '"op":"control.spawns"'),
      /^x.soj:2: .*"control.spawns", which is no message$/,
    );
    refuses(
      changed(whole, 1, '"job":1', '"job":-1'),
      /^x.soj:2: the recording is damaged: "job" is -1/,
    );
    refuses(
      changed(whole, 1, '"do":"order"', '"do":"dance"'),
      /^x.soj:2: .*"do" is "dance", and none of/,
    );
    refuses(
      changed(whole, 1, '"host":"h1"', '"host":"h9"'),
      /^x.soj:2: .*"host" is "h9", and no host$/,
    );
    refuses(changed(whole, 1, '"at":0,', ""), /^x.soj:2: .*"at" is missing$/);
    refuses(changed(whole, 1, "{", "("), /^x.soj:2: the recording is damaged: is no JSON$/);
    refuses([...whole.slice(0, 1), ...whole.slice(2)], /stands where command 0 should$/);
    refuses([...whole, whole.at(-1) ?? ""], /nothing may follow the trace$/);
    const last = whole.length - 1;
    refuses(changed(whole, last, '"trace":"', '"trace":"AAAA'), /cannot be unpacked$/);
    refuses(changed(whole, last, /"sha256":"./, '"sha256":"x'), /does not have its hash$/);
    refuses(
      changed(whole, last, /"events":(\d)/, '"events":9$1'),
      /the trace has \d+ events, not 9/,
    );
    refuses(changed(whole, last, /"end":\d+/, '"end":5'), /comes after the end$/);
  }));

testProp(
  "recording: random bytes: refused, and nothing else happens",
  [fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.boolean()],
  (t, bytes, at, keepsHead) => {
    const head = Buffer.from('{"sojourn-recording":1,"version":"1.2.3","trace-format":1,"options"');
    const whole = keepsHead ? Buffer.concat([head, bytes]) : Buffer.from(bytes);
    t.throws(() => readRecording(whole, `x${at}`, version), { instanceOf: UsageError });
  },
);
