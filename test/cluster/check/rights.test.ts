// Goal: the checkers of rights pass true traces and name what is leaked, doubled, early and never.
// Method: short traces written by hand; the port p is on h2, its holders on h1.

import test from "ava";
import { complaints, move, portMade, story, underWay } from "./story.ts";

const made = "h2 right.made port=p kind=send count=100";
const named = "h1 right.named port=p kind=send space=0 name=257";
const unnamed = "h1 right.unnamed port=p kind=send space=0 name=257";
const dropped = "h1 right.dropped port=p kind=send count=100";
const returned = "h2 right.returned port=p transits=100 outstanding=0";
const asked = "h2 port.no-senders-asked port=p makeSends=0";
const fired = "h2 port.no-senders port=p makeSends=1";

test("check: a send right is made, held, dropped and comes back: no complaint", (t) => {
  t.deepEqual(complaints(story(portMade, asked, made, named)), []);
  const ended = [asked, made, named, unnamed, dropped, returned, fired];
  t.deepEqual(complaints(story(portMade, ...ended)), []);
});

test("check: dropped transits do not come back: rights leak", (t) => {
  const events = story(portMade, made, named, unnamed, dropped);
  t.deepEqual(complaints(events, underWay), []);
  t.deepEqual(complaints(events), ["rights"]);
});

test("check: transits that nobody holds: rights leak", (t) => {
  t.deepEqual(complaints(story(portMade, made, named, unnamed)), ["rights"]);
});

test("check: more transits are out than were given: rights", (t) => {
  const events = story(portMade, made, "h2 right.granted port=p transits=50 outstanding=170");
  t.deepEqual(complaints(events, underWay), ["rights"]);
});

test("check: all transits are back although a space has the right: rights", (t) => {
  const wrong = story(portMade, made, named, dropped, returned);
  t.deepEqual(complaints(wrong), ["rights"]);
});

test("check: after a crash transits are counted again: no complaint", (t) => {
  const events = story(
    portMade,
    made,
    named,
    "h1 host.crash incarnation=1",
    "h2 right.recounted port=p transits=0 once=",
  );
  t.deepEqual(complaints(events), []);
});

test("check: a right in a message is held by the message: no complaint", (t) => {
  const events = story(
    portMade,
    "h3 port.made port=q space=0 limit=5 policy=redirect",
    made,
    named,
    "h1 ipc.sent msg=a port=q by=h1.0 rights=send:p:100",
    unnamed,
  );
  t.deepEqual(complaints(events, underWay), []);
  t.false(complaints(events).includes("rights"));
});

test("check: no-senders while a space has a right: early", (t) => {
  const events = story(portMade, asked, made, named, fired);
  t.deepEqual(complaints(events, underWay), ["no-senders"]);
});

test("check: no-senders while a right is in a message: early", (t) => {
  const events = story(
    portMade,
    asked,
    made,
    named,
    "h1 ipc.sent msg=a port=q by=h1.0 rights=send:p:100",
    unnamed,
    fired,
  );
  t.deepEqual(complaints(events, underWay), ["no-senders"]);
});

test("check: no-senders told twice for one request: no-senders", (t) => {
  const events = story(portMade, asked, made, named, unnamed, dropped, returned, fired, fired);
  t.deepEqual(complaints(events), ["no-senders"]);
});

test("check: the last right is gone and nobody is told: never", (t) => {
  const events = story(portMade, asked, made, named, unnamed, dropped, returned);
  t.deepEqual(complaints(events, underWay), []);
  t.deepEqual(complaints(events), ["no-senders"]);
});

test("check: the holder's host crashes and nobody is told: never", (t) => {
  const lines = [portMade, asked, made, named, "h1 host.crash incarnation=1"];
  t.deepEqual(complaints(story(...lines)), ["no-senders"]);
  const recounted = "h2 right.recounted port=p transits=0 once=";
  t.deepEqual(complaints(story(...lines, recounted, fired)), []);
});

test("check: a task's rights move with it: its new host's crash ends them", (t) => {
  const events = story(
    portMade,
    asked,
    made,
    "h1 right.named port=p kind=send space=10001 name=257",
    "h3 host.crash incarnation=1",
    "h3 task.died-with-host pid=10001 job=1",
    "h2 right.recounted port=p transits=0 once=",
    fired,
  );
  t.deepEqual(complaints(events), []);
});

test("check: the receive right travels: the request is gone", (t) => {
  const events = story(
    portMade,
    asked,
    made,
    named,
    "h2 port.travelling port=p destination=q",
    ...move("h2", "h3", 1),
    unnamed,
    dropped,
    "h3 right.returned port=p transits=100 outstanding=0",
  );
  t.deepEqual(complaints(events), []);
});

const once = "h2 right.made port=p kind=send-once count=7";
const held = "h1 right.named port=p kind=send-once space=0 name=513";
const spent = "h1 right.unnamed port=p kind=send-once space=0 name=513";
const used = "h2 right.used port=p count=7";

test("check: a send-once right gives one message: no complaint", (t) => {
  t.deepEqual(complaints(story(portMade, once, held, spent, used)), []);
});

test("check: a send-once right that somebody holds: no complaint", (t) => {
  t.deepEqual(complaints(story(portMade, once, held)), []);
});

test("check: a send-once right is used twice: send-once", (t) => {
  t.deepEqual(complaints(story(portMade, once, used, used), underWay), ["send-once"]);
});

test("check: two notifications by one send-once right: send-once", (t) => {
  const told = "h2 notify.queued kind=send-once port=p via=7";
  t.deepEqual(complaints(story(portMade, once, used, told), underWay), []);
  t.deepEqual(complaints(story(portMade, once, used, told, told), underWay), ["send-once"]);
});

test("check: a send-once notification by no right: send-once", (t) => {
  const told = "h2 notify.queued kind=send-once port=p via=0";
  t.deepEqual(complaints(story(portMade, once, held, told), underWay), ["send-once"]);
});

test("check: a send-once right is gone and gave nothing: send-once", (t) => {
  t.deepEqual(complaints(story(portMade, once, held, spent)), ["send-once"]);
});

test("check: the port of a send-once right is dead, or its host crashed: no complaint", (t) => {
  const lines = [portMade, once, held, spent];
  t.deepEqual(complaints(story(...lines, "h2 port.dead port=p")), []);
  t.deepEqual(complaints(story(...lines, "h2 host.crash incarnation=1")), []);
});
