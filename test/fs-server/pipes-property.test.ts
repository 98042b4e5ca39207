// Pipes: random schedules of reads, writes and closes, compared with what POSIX says of a pipe.

import fc from "fast-check";
import test from "ava";
import { files, type PortUid } from "../../ports/index.ts";
import { answerTo, type Bench, isAnswered } from "./bench.ts";
import {
  capacity,
  close,
  countOf,
  EPIPE,
  joined,
  look,
  startRead,
  startWrite,
  zeros,
} from "./pipe-bench.ts";

type Step =
  | { readonly do: "read"; readonly count: number }
  | { readonly do: "write"; readonly count: number }
  | { readonly do: "close"; readonly end: "read" | "write" };

const sizes = fc.oneof(
  fc.constantFrom(0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 100_000),
  fc.nat(9000),
);
const steps = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ do: fc.constant("read" as const), count: sizes }) },
    { weight: 10, arbitrary: fc.record({ do: fc.constant("write" as const), count: sizes }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("close" as const),
        end: fc.constantFrom("read" as const, "write" as const),
      }),
    },
  ),
  { maxLength: 40 },
);

/** The bytes of a pipe's stream can be told apart, so that none is lost, doubled or misplaced. */
const streamByte = (at: number): number => (at * 7 + (at >> 8) * 13 + (at >> 16)) & 0xff;

interface Schedule {
  readonly bench: Bench;
  readonly ports: { readonly read: PortUid; readonly write: PortUid };
  readonly gone: { read: boolean; write: boolean };
  /** Requests that have no answer yet, in order. */
  readonly reads: { readonly id: number; readonly count: number }[];
  readonly writes: { readonly id: number; readonly count: number }[];
  /** Bytes of writes that were answered; and those that were read. */
  sent: number;
  got: number;
}

function take(run: Schedule, step: Step): void {
  const { bench, ports, gone, reads, writes } = run;
  if (step.do === "close") {
    if (!gone[step.end]) close(bench, ports[step.end]);
    gone[step.end] = true;
    return;
  }
  if (gone[step.do]) return;
  if (step.do === "read") {
    reads.push({ id: startRead(bench, ports.read, step.count), count: step.count });
    return;
  }
  const from = run.sent + writes.reduce((sum, { count }) => sum + count, 0);
  const bytes = zeros(step.count).map((_, at) => streamByte(from + at));
  const id = startWrite(bench, ports.write, bytes);
  if (step.count > 0) writes.push({ id, count: step.count });
  else if (!isAnswered(bench, id)) throw new Error("a write of nothing waits");
}

/** Writes are answered in order: all of it is in, or nobody reads, or the end was closed. */
function takeCounts(run: Schedule): void {
  const { bench, gone, writes } = run;
  for (let [first] = writes; first && isAnswered(bench, first.id); [first] = writes) {
    const { error, value } = countOf(bench, first.id);
    writes.shift();
    run.sent += value;
    if (error === 0 && value === first.count) continue;
    if (!gone.read && !gone.write) throw new Error("a write was cut short for no reason");
    if ((error === 0) !== value > 0) throw new Error(`error ${error} with ${value} bytes`);
    if (error !== 0 && !(error === EPIPE && gone.read) && !(error === 9 && gone.write)) {
      throw new Error(`write: error ${error}`);
    }
  }
  if (writes.some(({ id }) => isAnswered(bench, id))) throw new Error("a write went before others");
}

/** Reads get the bytes in order, never too many, and the end of file only when all is read. */
function takeData(run: Schedule): void {
  const { bench, gone, reads } = run;
  for (let [first] = reads; first && isAnswered(bench, first.id); [first] = reads) {
    const { error, bytes } = answerTo(bench, first.id, files.data).body;
    reads.shift();
    if (error === 9 && gone.read) continue;
    if (error !== 0 || bytes.length > first.count) throw new Error(`read: error ${error}`);
    if (bytes.some((byte, at) => byte !== streamByte(run.got + at))) throw new Error("wrong bytes");
    run.got += bytes.length;
    if (bytes.length > 0 || first.count === 0) continue;
    if (!gone.write || run.got !== run.sent) throw new Error("end of file too early");
  }
}

/** Nobody waits who could go on. */
function checkWaiting({ bench, gone, reads, writes, sent, got }: Schedule): void {
  const inside = look(bench)[0]?.bytes ?? 0;
  if (inside > capacity) throw new Error("more than fits");
  if (reads.length > 0 && (inside > 0 || gone.write || gone.read)) throw new Error("idle reader");
  const [head] = writes;
  if (!head) return;
  const room = capacity - inside;
  const part = got + inside - sent;
  if (part < 0 || part >= head.count) throw new Error(`a write waits with ${part} bytes in`);
  if (head.count <= 4096 ? part > 0 || room >= head.count : room > 0)
    throw new Error("idle writer");
  if (gone.read || gone.write) throw new Error("a writer waits for nobody");
}

test("pipe: any schedule of reads, writes and closes: POSIX", (t) => {
  fc.assert(
    fc.property(steps, (schedule) => {
      const { bench, reader, writer } = joined();
      const run: Schedule = {
        bench,
        ports: { read: reader, write: writer },
        gone: { read: false, write: false },
        reads: [],
        writes: [],
        sent: 0,
        got: 0,
      };
      for (const step of schedule) {
        take(run, step);
        takeCounts(run);
        takeData(run);
        checkWaiting(run);
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});
