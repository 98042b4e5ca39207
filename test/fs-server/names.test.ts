// Goal: tasks find each other's ports by words: what is registered is found by all who ask, before and
// after, and the rights that the server was given are all accounted for.
// Method: the server on the bench, with requests as <sojourn.h> lays them out.

import test from "ava";
import { createNameServer } from "../../fs-server/index.ts";
import { makePortUid, partKinds, type PortUid, type Right, user } from "../../ports/index.ts";
import {
  answerTo,
  type Bench,
  createBench,
  grant,
  isAnswered,
  portDies,
  post,
  service,
} from "./bench.ts";

const registers = 400;
const looksUp = 401;
const waitsFor = 402;
const outside = {
  lookup: () => undefined,
  load: () => undefined,
  output: () => undefined,
  input: () => "wait" as const,
};
const [one, two] = [makePortUid(1, 1, 20), makePortUid(2, 1, 21)];
const sendRight = (uid: PortUid, count: number): Right => ({ kind: "send", uid, count });
const bytesOf = (word: string): Uint8Array => new TextEncoder().encode(`${word}\0`);

const newBench = (): Bench => createBench(createNameServer(), outside);

function ask(
  bench: Bench,
  number: number,
  bytes: Uint8Array | string,
  rights: readonly Right[] = [],
): number {
  const parts = rights.length > 0 ? [partKinds.port, 1] : [];
  const body = {
    number,
    token: 10001,
    bytes: typeof bytes === "string" ? bytesOf(bytes) : bytes,
    parts,
    memory: new Uint8Array(0),
  };
  return post(bench, service, user.message, body, rights).id;
}

function answer(
  bench: Bench,
  id: number,
): { result: number; number: number; rights: readonly Right[] } {
  const { body, rights } = answerTo(bench, id, user.message);
  const view = new DataView(body.bytes.buffer, body.bytes.byteOffset);
  return { result: view.getUint32(0, true), number: body.number, rights };
}

const results = (bench: Bench, ids: readonly number[]): number[] =>
  ids.map((id) => answer(bench, id).result);

test("names: a word that was registered: found, with a part of the right's transits", (t) => {
  const bench = newBench();
  t.like(answer(bench, ask(bench, registers, "ping", [sendRight(one, 4096)])), {
    result: 0,
    number: 500,
    rights: [],
  });
  t.deepEqual(answer(bench, ask(bench, looksUp, "ping")), {
    result: 0,
    number: 501,
    rights: [sendRight(one, 2048)],
  });
  t.deepEqual(bench.watched, [one]);
  t.is(bench.server.held?.(bench.state, one), 2048);
});

test("names: a word that nobody has registered: unknown; a second owner of a word: in use", (t) => {
  const bench = newBench();
  const unknown = ask(bench, looksUp, "ping");
  ask(bench, registers, "ping", [sendRight(one, 9)]);
  const second = ask(bench, registers, "ping", [sendRight(two, 9)]);
  t.deepEqual(results(bench, [unknown, second]), [1102, 1101]);
  t.deepEqual(bench.dropped, [sendRight(two, 9)]);
});

test("names: asked before the word is there: answered when it is, all who wait", (t) => {
  const bench = newBench();
  const early = [ask(bench, waitsFor, "ping"), ask(bench, waitsFor, "ping")];
  t.false(early.some((id) => isAnswered(bench, id)));
  ask(bench, registers, "pong", [sendRight(two, 9)]);
  t.false(early.some((id) => isAnswered(bench, id)));
  ask(bench, registers, "ping", [sendRight(one, 2 ** 24)]);
  t.deepEqual(
    early.map((id) => answer(bench, id).rights[0]?.uid),
    [one, one],
  );
});

test("names: a port that dies: its words are free, those of others stay", (t) => {
  const bench = newBench();
  ask(bench, registers, "ping", [sendRight(one, 9)]);
  ask(bench, registers, "pong", [sendRight(two, 9)]);
  portDies(bench, one);
  const ids = [ask(bench, looksUp, "ping"), ask(bench, looksUp, "pong")];
  t.deepEqual(results(bench, ids), [1102, 0]);
  t.is(answer(bench, ask(bench, registers, "ping", [sendRight(two, 9)])).result, 0);
});

test("names: transits run out: more are asked for, and who asks meanwhile waits for them", (t) => {
  const bench = newBench();
  ask(bench, registers, "ping", [sendRight(one, 2)]);
  t.is(answer(bench, ask(bench, looksUp, "ping")).result, 0);
  t.deepEqual(bench.acquired, [one]);
  const late = ask(bench, looksUp, "ping");
  t.false(isAnswered(bench, late));
  grant(bench, one, 4096);
  t.is(answer(bench, late).result, 0);
  grant(bench, two, 7);
  t.deepEqual(bench.dropped, [sendRight(two, 7)], "for a right that it has no more: given back");
});

test("names: malformed requests: refused, and the rights that came with them are given up", (t) => {
  const bench = newBench();
  const right = sendRight(one, 9);
  const ids = [
    ask(bench, registers, "", [right]),
    ask(bench, registers, "x".repeat(64), [right]),
    ask(bench, registers, Uint8Array.of(65, 66), [right]),
    ask(bench, registers, "ping"),
    ask(bench, registers, "ping", [{ kind: "receive", uid: one }]),
    ask(bench, registers, "ping", [{ kind: "send-once", uid: one, count: 1 }]),
    ask(bench, looksUp, "ping", [right]),
    ask(bench, 7, "ping"),
    ask(bench, looksUp, new Uint8Array(0)),
  ];
  t.deepEqual(new Set(results(bench, ids)), new Set([1103]));
  t.is(bench.dropped.length, 6);
  t.is(answer(bench, ask(bench, looksUp, "ping")).result, 1102);
});

test("names: the right by which a request was sent came along: it is given up", (t) => {
  const bench = newBench();
  const own: Right = { kind: "send", uid: service };
  ask(bench, registers, "ping", [sendRight(one, 9), own]);
  t.deepEqual(bench.dropped, [own]);
  t.is(answer(bench, ask(bench, looksUp, "ping")).rights[0]?.uid, one);
});

test("names: too many who wait: the next is told that the server is full", (t) => {
  const bench = newBench();
  for (let count = 0; count < 1024; count++) ask(bench, waitsFor, `word ${count % 7}`);
  t.is(answer(bench, ask(bench, waitsFor, "one more")).result, 1104);
});
