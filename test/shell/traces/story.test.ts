// Goal: from the trace alone it is known which event received what, and where each task was.
// Method: made-up worlds that keep their own account; small traces for what tasks do.

import test from "ava";
import fc from "fast-check";
import { causesOf } from "../../../shell/traces/clocks.ts";
import { flowLines } from "../../../shell/traces/flow.ts";
import { perfettoLines } from "../../../shell/traces/perfetto.ts";
import { pathOf } from "../../../shell/traces/story.ts";
import { svgPages } from "../../../shell/traces/svg.ts";
import { journey, storyOf } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

test("story: messages: each receiving event is that of the message that was sent", (t) => {
  let seen = 0;
  fc.assert(
    fc.property(steps, (plan) => {
      const world = worldOf(plan);
      const found = storyOf(world.lines).messages.flatMap(({ from, to }) =>
        to === null ? [] : [`${from} ${to}`],
      );
      seen += found.length;
      t.deepEqual(found.sort(), world.messages.map((pair) => pair.join(" ")).sort());
    }),
    { numRuns: 300 },
  );
  t.true(seen > 1000);
});

test("story: messages: two hosts say the same to one port: the order of each cable tells them apart", (t) => {
  const send = (at: number, host: string, port: string, op: string): object => ({
    at,
    host,
    event: "msg.send",
    port,
    op,
    id: 0,
  });
  const lines = [
    send(10, "h3", "h2.1.18", "memory.supply"),
    send(20, "h3", "h2.0.1", "migrate.reserved"),
    send(30, "h4", "h2.0.1", "migrate.reserved"),
    { at: 40, host: "h2", event: "msg.enqueue", port: "h2.0.1", op: "migrate.reserved" },
    { at: 50, host: "h2", event: "msg.enqueue", port: "h2.1.18", op: "memory.supply" },
    { at: 60, host: "h2", event: "msg.enqueue", port: "h2.0.1", op: "migrate.reserved" },
  ].map((event, seq) => JSON.stringify({ ...event, seq }));
  t.deepEqual(
    storyOf(lines).messages.map(({ from, to }) => [from, to]),
    [
      [0, 4],
      [1, 5],
      [2, 3],
    ],
  );
});

test("story: messages: destroyed, or for a host that crashed: nothing received them", (t) => {
  const lines = [
    { at: 10, host: "h1", event: "msg.send", port: "h2.1.18", op: "a.b", id: 0 },
    { at: 20, host: "h1", event: "msg.destroyed", op: "a.b", id: 0 },
    { at: 30, host: "h1", event: "msg.send", port: "h2.0.1", op: "a.b", id: 0 },
    { at: 40, host: "h2", event: "host.crash", incarnation: 1 },
    { at: 50, host: "h2", event: "host.restart", incarnation: 2 },
    { at: 60, host: "h1", event: "msg.send", port: "h2.0.1", op: "a.b", id: 0 },
    { at: 70, host: "h2", event: "msg.enqueue", port: "h2.0.1", op: "a.b" },
  ].map((event, seq) => JSON.stringify({ ...event, seq }));
  t.deepEqual(
    storyOf(lines).messages.map(({ from, to }) => [from, to]),
    [
      [0, null],
      [2, null],
      [5, 6],
    ],
  );
});

test("story: tasks: at each event they are where they were", (t) => {
  let moves = 0;
  fc.assert(
    fc.property(steps, (plan) => {
      const world = worldOf(plan);
      const story = storyOf(world.lines);
      moves += story.moves.length;
      for (const pid of world.pids) {
        const stays = story.tasks.find((task) => task.pid === pid)?.stays ?? [];
        for (const index of world.lines.keys()) {
          const host = stays.find(({ from, to }) => from <= index && index <= to)?.host ?? null;
          t.is(host, world.where(pid, index), `task ${pid} at event ${index}`);
        }
      }
    }),
    { numRuns: 300 },
  );
  t.true(moves > 100);
});

test("story: a stay: what the task does there covers it without gaps", (t) => {
  fc.assert(
    fc.property(steps, (plan) => {
      for (const { stays } of storyOf(worldOf(plan).lines).tasks) {
        for (const { from, to, spans } of stays) {
          t.is(spans[0]?.from, from);
          t.is(spans.at(-1)?.to, to);
          for (const [at, span] of spans.entries()) t.is(spans[at + 1]?.from ?? to, span.to);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("story: a request: the task waits until its answer comes", (t) => {
  const { tasks, messages } = storyOf(journey);
  t.deepEqual(
    tasks[0]?.stays.map(({ host, from, to, end }) => ({ host, from, to, end })),
    [
      { host: "h1", from: 2, to: 10, end: "moved" },
      { host: "h3", from: 13, to: 17, end: "exit" },
    ],
  );
  t.deepEqual(
    tasks[0]?.stays[0]?.spans.map(({ doing, from, to }) => [doing, from, to]),
    [
      ["runs", 2, 4],
      ["waits", 4, 7],
      ["runs", 7, 10],
    ],
  );
  t.deepEqual(
    messages.map(({ op, pid }) => [op, pid]),
    [
      ["control.spawn", 0],
      ["files.open", 10001],
      ["files.opened", 10001],
      ["migrate.transfer", 0],
      ["message", 10001],
    ],
  );
});

test("story: stopped and continued: told as such, and what it did before goes on", (t) => {
  const events = [
    { event: "task.born", pid: 10001, job: 1, program: "/bin/cat" },
    { event: "thread.wait", pid: 10001, tid: 10001, for: "time" },
    { event: "task.stopped", pid: 10001, job: 1, signal: 20 },
    { event: "task.continued", pid: 10001, job: 1 },
    { event: "task.exit", pid: 10001, job: 1, status: 0, signal: 0 },
  ];
  const lines = events.map((event, seq) =>
    JSON.stringify({ at: seq * 10, host: "h1", seq, ...event }),
  );
  t.deepEqual(
    storyOf(lines).tasks[0]?.stays[0]?.spans.map(({ doing }) => doing),
    ["runs", "waits", "stopped", "waits"],
  );
});

test("story: a move that is called off: the task has been frozen, and is where it was", (t) => {
  const events = [
    { event: "task.born", pid: 10001, job: 1, program: "/bin/cat" },
    { event: "migrate.freeze", pid: 10001, job: 1, move: "h1.1.1" },
    { event: "migrate.thaw", pid: 10001, move: "h1.1.1" },
    { event: "task.exit", pid: 10001, job: 1, status: 0, signal: 0 },
  ];
  const lines = events.map((event, seq) =>
    JSON.stringify({ at: seq * 10, host: "h1", seq, ...event }),
  );
  const story = storyOf(lines);
  t.deepEqual(story.moves, []);
  t.deepEqual(
    story.tasks[0]?.stays.map(({ host, spans }) => [host, spans.map(({ doing }) => doing)]),
    [["h1", ["runs", "frozen", "runs"]]],
  );
});

test("story: a request for a page: laid to the one task that ran there, to none of two", (t) => {
  const events = (others: number): string[] =>
    [
      { event: "task.born", pid: 10001, job: 1, program: "/bin/cat" },
      ...Array.from({ length: others }, () => ({ event: "task.born", pid: 10002, job: 2 })),
      { event: "pager.request", object: 7, pager: "fs.1.20", page: 0, count: 1 },
      { event: "pager.supply", object: 7, page: 0, count: 1 },
      { event: "task.exit", pid: 10001, job: 1, status: 0, signal: 0 },
    ].map((event, seq) => JSON.stringify({ at: seq * 10, host: "h1", seq, ...event }));
  const doing = (others: number): unknown =>
    storyOf(events(others)).tasks[0]?.stays[0]?.spans.map((span) => span.doing);
  t.deepEqual(doing(0), ["runs", "page", "runs"]);
  t.deepEqual(doing(1), ["runs"]);
});

/** Refused by a host that the port has left, sent again, relayed on, and queued. */
const chase: readonly string[] = [
  { at: 10, host: "h1", event: "ipc.sent", msg: "h1.1.5", port: "h2.1.16", by: "h1" },
  {
    at: 110,
    host: "h2",
    event: "ipc.refused",
    msg: "h1.1.5",
    port: "h2.1.16",
    answer: "moved",
    to: "h1",
  },
  { at: 210, host: "h1", event: "ipc.resent", msg: "h1.1.5", port: "h2.1.16", to: "h3", hops: 2 },
  { at: 310, host: "h3", event: "ipc.relayed", msg: "h1.1.5", port: "h2.1.16", to: "h4", hops: 3 },
  { at: 410, host: "h4", event: "ipc.queued", msg: "h1.1.5", port: "h2.1.16", hops: 3 },
  {
    at: 510,
    host: "h4",
    event: "ipc.received",
    msg: "h1.1.5",
    port: "h2.1.16",
    seqno: 0,
    by: "h4",
  },
].map((event, seq) => JSON.stringify({ seq, ...event }));

test("story: a message that chases its port: each leg of its way is known, and drawn", (t) => {
  const story = storyOf(chase);
  t.deepEqual(story.messages.map(pathOf), [[0, 1, 2, 3, 4]]);
  t.deepEqual(
    [...causesOf(story)].map(([to, from]) => [to, ...from]),
    [
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
    ],
  );
  const svg = svgPages(story, [...story.events.keys()]).draw(1);
  const legs = [...svg.matchAll(/class="message" data-from="(\w+)" data-to="(\w+)"/g)];
  t.deepEqual(
    legs.map(([, from, to]) => `${from} ${to}`),
    ["h1 h2", "h2 h1", "h1 h3", "h3 h4"],
  );
  const arrows = flowLines(story, 0, 120).filter((line) => /[▶◀]/.test(line));
  t.is(arrows.length, 4);
  const flows = [...perfettoLines(story, [...story.events.keys()])].join("\n");
  t.deepEqual(
    [...flows.matchAll(/"ph":"([stf])"/g)].map(([, ph]) => ph),
    ["s", "t", "t", "t", "f"],
  );
});
