// Goal: swap gives back what it was given, says what it has not, and takes no more than it has room for.
// Method: the server alone, page by page; then random returns and requests against a map.

import { must } from "../../ports/base/index.ts";
import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { createSwapServer } from "../../fs-server/index.ts";
import { memory, type PortUid, type Right } from "../../ports/index.ts";
import { type Bench, createBench, createMachine, post, service } from "./bench.ts";

const pageBytes = 4096;
const control: readonly Right[] = [{ kind: "send", uid: 4711 }];

function serve(bytesMax?: number): Bench {
  const server = createSwapServer(bytesMax === undefined ? {} : { bytesMax });
  return createBench(server, createMachine({}).outside);
}

function create(bench: Bench): PortUid {
  post(bench, service, memory.create, {});
  return bench.replies.at(-1)?.rights[0]?.uid as PortUid;
}

const filled = (...values: number[]): Uint8Array =>
  Uint8Array.from({ length: values.length * pageBytes }, (_, at) => {
    return values[Math.floor(at / pageBytes)] as number;
  });

function put(bench: Bench, port: PortUid, page: number, ...values: number[]): number {
  post(
    bench,
    port,
    memory.return,
    { page, bytes: filled(...values), dirty: true, keeps: true },
    control,
  );
  return (must(bench.sends.at(-1), "an answer").body as { error: number }).error;
}

/** What the kernel is sent for a request: `[page, contents]`, null for pages that are not there. */
function ask(bench: Bench, port: PortUid, page: number, count: number): [number, number | null][] {
  const before = bench.sends.length;
  post(bench, port, memory.request, { page, count, access: 1 }, control);
  return bench.sends.slice(before).flatMap(({ op, body }): [number, number | null][] => {
    const {
      page: first,
      bytes,
      count: missing,
    } = body as {
      page: number;
      bytes?: Uint8Array;
      count?: number;
    };
    const length = op === memory.supply.name ? (bytes?.length ?? 0) / pageBytes : (missing ?? 0);
    return Array.from({ length }, (_, at) => [first + at, bytes?.[at * pageBytes] ?? null]);
  });
}

const look = (bench: Bench): unknown =>
  bench.server.observe?.(bench.state, { ask: "swap" }, bench.outside);

test("swap: pages: come back as they were last returned, as often as they are asked for", (t) => {
  const bench = serve();
  const port = create(bench);
  t.is(put(bench, port, 5, 1, 2, 3), 0);
  t.is(put(bench, port, 6, 9), 0);
  for (let time = 0; time < 2; time++) {
    t.deepEqual(ask(bench, port, 4, 5), [
      [4, null],
      [5, 1],
      [6, 9],
      [7, 3],
      [8, null],
    ]);
  }
});

test("swap: objects: have pages of their own, and end with them", (t) => {
  const bench = serve();
  const [one, other] = [create(bench), create(bench)];
  put(bench, one, 0, 1);
  put(bench, other, 0, 2);
  t.deepEqual(look(bench), { objects: 2, pages: 2 });
  post(bench, one, memory.terminate, {});
  t.deepEqual(look(bench), { objects: 1, pages: 1 });
  t.deepEqual(ask(bench, other, 0, 1), [[0, 2]]);
});

test("swap: full: nothing of the message is taken, older pages can still be written over", (t) => {
  const bench = serve(2 * pageBytes);
  const port = create(bench);
  t.is(put(bench, port, 0, 1), 0);
  t.is(put(bench, port, 0, 2, 3, 4), 28);
  t.deepEqual(ask(bench, port, 0, 2), [
    [0, 1],
    [1, null],
  ]);
  t.is(put(bench, port, 0, 5, 6), 0);
  t.deepEqual(look(bench), { objects: 1, pages: 2 });
});

test("swap: a message without the control port of a kernel: nobody is answered", (t) => {
  const bench = serve();
  const port = create(bench);
  post(bench, port, memory.return, { page: 0, bytes: filled(1), dirty: true, keeps: true });
  post(bench, port, memory.request, { page: 0, count: 1, access: 1 });
  t.deepEqual(bench.sends, []);
});

const returned = fc.record({
  page: fc.nat(12),
  values: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 3 }),
});

testProp(
  "swap: random returns: a request for all pages tells what a map would",
  [fc.array(returned, { maxLength: 12 })],
  (t, returns) => {
    const bench = serve();
    const port = create(bench);
    const expected = new Map<number, number>();
    for (const { page, values } of returns) {
      put(bench, port, page, ...values);
      values.forEach((value, at) => expected.set(page + at, value));
    }
    const all = Array.from({ length: 16 }, (_, page) => [page, expected.get(page) ?? null]);
    t.deepEqual(ask(bench, port, 0, 16), all as [number, number | null][]);
  },
);
