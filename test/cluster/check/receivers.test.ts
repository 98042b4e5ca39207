// Goal: the checker of receive rights passes true traces and names a port that is on two hosts.
// Method: short traces written by hand.

import test from "ava";
import { complaints, message, move, portMade, received, story, underWay } from "./story.ts";

test("check: a port moves, and moves back: no complaint", (t) => {
  const events = story(portMade, ...move("h2", "h3", 1), ...move("h3", "h2", 2));
  t.deepEqual(complaints(events), []);
});

test("check: the target is heard of before its source: no complaint", (t) => {
  const events = story(
    portMade,
    "h3 port.arrived port=p epoch=1 queued=0",
    "h2 port.departed port=p epoch=1 to=h3 queued=0",
  );
  t.deepEqual(complaints(events), []);
});

test("check: the port is on two hosts, and the first never leaves: two receivers", (t) => {
  const events = story(portMade, "h3 port.arrived port=p epoch=1 queued=0");
  t.deepEqual(complaints(events, underWay), ["receiver"]);
});

test("check: its source crashed: the target may have it", (t) => {
  const events = story(
    portMade,
    "h2 host.crash incarnation=1",
    "h3 port.arrived port=p epoch=1 queued=0",
  );
  t.deepEqual(complaints(events), []);
});

test("check: a host receives from a port that has left it: two receivers", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    ...move("h2", "h3", 1, 1),
    received("a", 0, "h2"),
  );
  t.deepEqual(complaints(events, underWay), ["receiver"]);
});

test("check: it comes in an epoch in which it was elsewhere: two receivers", (t) => {
  const events = story(portMade, ...move("h2", "h3", 1), "h4 port.arrived port=p epoch=1 queued=0");
  t.deepEqual(complaints(events, underWay), ["receiver"]);
});

test("check: two messages are received under one number: two receivers", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    ...message("b"),
    received("a", 0),
    received("b", 0),
  );
  t.deepEqual(complaints(events, underWay), ["receiver"]);
});

test("check: a receive right travels and its numbers start anew: no complaint", (t) => {
  const events = story(
    portMade,
    ...message("a"),
    received("a", 0),
    "h2 port.travelling port=p destination=q",
    ...move("h2", "h3", 1),
    ...message("b").map((line) => line.replace("h2 ipc.queued", "h3 ipc.queued")),
    received("b", 0, "h3"),
  );
  t.deepEqual(complaints(events), []);
});

test("check: a port that left and came nowhere: not quiet", (t) => {
  const events = story(portMade, "h2 port.departed port=p epoch=1 to=h3 queued=0");
  t.deepEqual(complaints(events, underWay), []);
  t.deepEqual(complaints(events), ["quiet"]);
});
