// Goal: the checkers of messages pass a true trace and name each fault.
// Method: short traces written by hand, one with each fault.

import test from "ava";
import { atRest, complaints, message, move, portMade, received, story, underWay } from "./story.ts";

const good = [portMade, ...message("a"), ...message("b"), received("a", 0), received("b", 1)];

test("check: messages that arrive once and in order: no complaint", (t) => {
  t.deepEqual(complaints(story(...good)), []);
});

test("check: a port moves with its queue: no complaint", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    ...message("b"),
    received("a", 0),
    ...move("h2", "h3", 1, 1),
    received("b", 1, "h3"),
  );
  t.deepEqual(complaints(events), []);
});

test("check: a later message was received, an earlier one not: loss, at any time", (t) => {
  const events = story(portMade, ...message("a"), ...message("b"), received("b", 0));
  t.deepEqual(complaints(events, underWay), ["loss"]);
});

test("check: the last of a queue is never received: loss, at rest only", (t) => {
  const events = story(portMade, ...message("a"), ...message("b"), received("a", 0));
  t.deepEqual(complaints(events, underWay), []);
  t.deepEqual(complaints(events, atRest), ["loss"]);
});

test("check: a message that stayed behind when its port moved: loss", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    ...message("b"),
    ...move("h2", "h3", 1, 1),
    received("b", 0, "h3"),
  );
  t.deepEqual(complaints(events, underWay), ["loss"]);
});

test("check: the host that had the queue crashed: a queue may be lost with it", (t) => {
  const events = story(portMade, ...message("a"), "h2 host.crash incarnation=1");
  t.deepEqual(complaints(events), []);
});

test("check: another host crashed: a queue is not lost with it", (t) => {
  const events = story(portMade, ...message("a"), "h3 host.crash incarnation=1");
  t.deepEqual(complaints(events), ["loss"]);
});

test("check: reported as sent, queued nowhere: loss", (t) => {
  const events = story(
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=true",
  );
  t.deepEqual(complaints(events), ["loss"]);
});

test("check: perhaps sent, and no host was lost: loss; after a crash: no complaint", (t) => {
  const lines = [
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=false",
  ];
  t.deepEqual(complaints(story(...lines)), ["loss"]);
  t.deepEqual(complaints(story("h3 host.crash incarnation=1", ...lines)), []);
});

test("check: sent to a dead port, and destroyed: no complaint", (t) => {
  const events = story(
    portMade,
    "h2 port.dead port=p",
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    "h1 ipc.destroyed msg=a port=p",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=true",
  );
  t.deepEqual(complaints(events), []);
});

test("check: destroyed although its port lives: loss; with a receive right in it: no complaint", (t) => {
  const sent = "h1 ipc.sent msg=a port=p by=h1.0 rights=";
  const ended = [
    "h1 ipc.destroyed msg=a port=p",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=true",
  ];
  t.deepEqual(complaints(story(portMade, sent, ...ended)), ["loss"]);
  t.deepEqual(complaints(story(portMade, `${sent}receive:p`, ...ended)), []);
});

test("check: queued on two hosts: duplicate", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    "h3 ipc.queued msg=a port=p hops=1",
    received("a", 0),
  );
  t.deepEqual(complaints(events, underWay), ["duplicate"]);
});

test("check: received twice: duplicate", (t) => {
  const events = story(portMade, ...message("a"), received("a", 0), received("a", 1));
  t.deepEqual(complaints(events), ["duplicate"]);
});

test("check: reported as not sent, and queued all the same: a wrong outcome", (t) => {
  const events = story(
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=268435460 definite=true",
    "h2 ipc.queued msg=a port=p hops=1",
    received("a", 0),
  );
  t.deepEqual(complaints(events), ["outcome"]);
});

test("check: one send with two outcomes: a wrong outcome", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=true",
    received("a", 0),
  );
  t.deepEqual(complaints(events), ["outcome"]);
});

test("check: the later of one sender's messages is received first: fifo", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    ...message("b"),
    received("b", 0),
    received("a", 1),
  );
  t.true(complaints(events).includes("fifo"));
});

test("check: messages of two threads in any order: no complaint", (t) => {
  const events = story(
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.1 rights=",
    ...message("b", "h1.2"),
    "h2 ipc.queued msg=a port=p hops=1",
    "h1 ipc.outcome msg=a port=p by=h1.1 code=0 definite=true",
    received("b", 0),
    received("a", 1),
  );
  t.deepEqual(complaints(events), []);
});

test("check: messages by send-once rights: they keep no order", (t) => {
  const events = story(
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.1 rights= via=1",
    "h1 ipc.sent msg=b port=p by=h1.1 rights= via=2",
    "h2 ipc.queued msg=b port=p hops=1",
    "h2 ipc.queued msg=a port=p hops=1",
    "h1 ipc.outcome msg=a port=p by=h1.1 code=0 definite=true",
    "h1 ipc.outcome msg=b port=p by=h1.1 code=0 definite=true",
    received("b", 0),
    received("a", 1),
  );
  t.deepEqual(complaints(events), []);
});

test("check: refused for a move and sent again: no complaint", (t) => {
  const events = story(
    portMade,
    ...move("h2", "h3", 1),
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    "h2 ipc.refused msg=a port=p answer=moved to=h3",
    "h1 ipc.resent msg=a port=p to=h3 hops=2",
    "h3 ipc.queued msg=a port=p hops=2",
    "h1 ipc.outcome msg=a port=p by=h1.0 code=0 definite=true",
    received("a", 0, "h3"),
  );
  t.deepEqual(complaints(events), []);
});

test("check: refused again and again for one move: too many hops", (t) => {
  const again = [
    "h2 ipc.refused msg=a port=p answer=moved to=h3",
    "h1 ipc.resent msg=a port=p to=h2 hops=2",
  ];
  const lines = [
    portMade,
    ...move("h2", "h3", 1),
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    ...Array.from({ length: 4 }, () => again).flat(),
  ];
  t.deepEqual(complaints(story(...lines), underWay), ["hops"]);
});

test("check: passed on more often than there are hosts: too many hops", (t) => {
  const lines = [
    portMade,
    "h1 ipc.sent msg=a port=p by=h1.0 rights=",
    ...Array.from({ length: 6 }, () => "h2 ipc.relayed msg=a port=p to=h3 hops=2"),
  ];
  t.deepEqual(complaints(story(...lines), underWay), ["hops"]);
});

test("check: a send without an outcome: not quiet; of a host that crashed: no complaint", (t) => {
  const lines = [portMade, "h1 ipc.sent msg=a port=p by=h1.0 rights="];
  t.deepEqual(complaints(story(...lines)), ["quiet"]);
  t.deepEqual(complaints(story(...lines), underWay), []);
  t.deepEqual(complaints(story(...lines, "h1 host.crash incarnation=1")), []);
});

test("check: a send that waits for room: it may wait", (t) => {
  const full = Array.from({ length: 5 }, (_, place) => message(`m${place}`)).flat();
  const events = story(portMade, ...full, "h1 ipc.sent msg=a port=p by=h1.1 rights=");
  t.false(complaints(events).includes("quiet"));
});

test("check: an outcome long after all was whole: late", (t) => {
  const events = story(...good).map((event) =>
    event.event === "ipc.outcome" ? { ...event, at: 30_000_000_000 } : event,
  );
  t.deepEqual(complaints(events, { quiet: true, healedAt: 1_000_000 }), ["live"]);
});

test("check: a port given up although no host was lost: late", (t) => {
  t.deepEqual(complaints(story(portMade, "h1 port.unreachable port=p"), underWay), ["live"]);
  const crashed = story(portMade, "h3 host.crash incarnation=1", "h1 port.unreachable port=p");
  t.deepEqual(complaints(crashed, underWay), []);
});
