// Goal: the verbs of ports do what their help says, name what is wrong, and fail when it is not so.
// Method: a session over an inline cluster, line by line; every wrong form of every verb.

import test from "ava";
import type { ExecutionContext } from "ava";
import { Cluster } from "../../cluster/index.ts";
import { executeLine, prepareLine, Session } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";

interface Desk {
  readonly session: Session;
  /** Runs lines that are to succeed, and gives back what they printed. */
  readonly lines: (...texts: readonly string[]) => Promise<readonly string[]>;
  /** Runs a line that is to fail: what it expected and got. */
  readonly fails: (text: string) => Promise<string>;
}

async function desk(t: ExecutionContext): Promise<Desk> {
  const cluster = await Cluster.boot({ driver: "inline", hosts: 4, memoryBytes: 4 << 20 });
  t.teardown(() => cluster.close());
  const printed: string[] = [];
  const print = (line: string): void => void printed.push(line);
  const session = new Session({ cluster, settings: settingsDefault, print, talk: print });
  return {
    session,
    lines: async (...texts) => {
      printed.length = 0;
      for (const text of texts) {
        const outcome = await executeLine(session, text);
        t.is(outcome.at, "done", `${text}: ${JSON.stringify(outcome)}`);
      }
      return [...printed];
    },
    fails: async (text) => {
      const outcome = await executeLine(session, text);
      if (outcome.at === "failed") return `${outcome.expected} | ${outcome.got}`;
      t.fail(`${text} did not fail`);
      return "";
    },
  };
}

test("port verbs: a message to a port: the sender is given a right, and receive prints the text", async (t) => {
  const { lines, session } = await desk(t);
  const printed = await lines("port a on h1", "message a 'hello there' from h2", "receive a");
  t.deepEqual(printed, ["a: hello there"]);
  t.deepEqual(
    session.cluster.views().flatMap(({ rights }) => rights.map(({ host, kind }) => [host, kind])),
    [
      ["h1", "receive"],
      ["h2", "send"],
    ],
  );
});

test("port verbs: &: passes no time, and its names stand for what comes of it", async (t) => {
  const { lines, session, fails } = await desk(t);
  await lines("port a on h1 &", "port b on h2 --queue 2 --location search &");
  t.is(session.cluster.now, 0);
  t.is(await fails("message a x from h2"), "a to be there | its order is not done yet");
  await lines("advance 1ms", "right send a to h2 as ra &", "receive a reply back &", "advance 1ms");
  await lines("message ra ask from h2 --reply b &", "advance 5ms");
  await lines("message back answer from h1", "receive b expect answer");
  t.is(
    await fails("message back again from h1"),
    "back to take the message | MACH_SEND_INVALID_DEST",
  );
});

test("port verbs: ports: lists each with its name, place, and senders", async (t) => {
  const { lines } = await desk(t);
  await lines("port first on h1 --queue 3 --location home", "right send first to h4 as r");
  await lines("port first move h2", "message r x from h4");
  const [head, row, ...more] = await lines("ports");
  t.regex(head ?? "", /^port +name +host +held by +moves +queued +limit +location +made +once/);
  t.regex(row ?? "", /^h1\.1\.\d+ +first +h2 +h2 +1 +1 +3 +home +0 +0 +h4$/);
  t.deepEqual(more, []);
  const [json] = await lines("ports --json");
  t.like(JSON.parse(json ?? "")[0], { name: "first", host: "h2", queued: 1, holders: ["h4"] });
});

test("port verbs: a job: holds ports and rights, sends and receives", async (t) => {
  const { lines } = await desk(t);
  await lines("count 100 1s &", "advance 2ms", "port j on %1", "port h on h4");
  t.deepEqual(await lines("message j in from h3", "receive j"), ["j: in"]);
  await lines("right send h to %1 as rh", "migrate %1 h2", "message rh out from %1");
  t.deepEqual(await lines("receive h expect out"), ["h: out"]);
  await lines("kill %1 KILL", "wait %1", "expect notification dead-name j within 1s");
});

test("port verbs: expect order: is exact, and takes what is queued", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1", "expect order a", "message a x from h1", "message a y from h1");
  t.is(await fails("expect order a x"), "a to have received x | x y");
  await lines("expect order a x y", "message a z from h1", "receive a", "expect order a x y z");
  t.is(await fails("expect order a x z y"), "a to have received x z y | x y z");
});

test("port verbs: expect notification: each is expected once, of its kind and port", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1", "port b on h1", "right send a to h2 as ra");
  t.is(await fails("expect notification no-senders a"), "notification no-senders of a | none");
  await lines("expect no notification no-senders a", "right drop ra");
  await lines("expect notification no-senders a within 1s");
  t.regex(await fails("expect notification no-senders a within 10ms"), /none$/);
  await lines("right send-once a to h3 as once", "right drop once");
  await lines("expect notification send-once a within 1s");
  t.is(await fails("expect notification send-once a"), "notification send-once at a | nothing");
  await lines("right send b to h3 as rb", "port b destroy");
  await lines("expect notification dead-name rb within 1s");
  t.is(await fails("port b destroy"), "b to be destroyed | its receive right is not there");
});

test("port verbs: a queue that is full: the line fails by its timeout, or as it says it must", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1 --queue 1", "message a one from h2");
  t.is(
    await fails("message a two from h2 --timeout 5ms"),
    "a to take the message | MACH_SEND_TIMED_OUT",
  );
  await lines("message a two from h2 --timeout 5ms --expect MACH_SEND_TIMED_OUT");
  t.is(
    await fails("message a two from h2 --timeout 5ms --expect MACH_SEND_INVALID_DEST"),
    "MACH_SEND_INVALID_DEST | MACH_SEND_TIMED_OUT",
  );
  await lines("expect order a one");
});

test("port verbs: a wait in vain: is a deadlock, and says what was waited for", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1 --queue 1", "message a one from h2");
  t.regex(await fails("message a two from h2"), /^a to take the message \| deadlock/);
  await lines("port b on h1");
  t.regex(await fails("receive b expect x"), /^"x" at b \| deadlock/);
});

test("port verbs: names: what is not there is named, and the nearest is suggested", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port server on h1", "right send server to h2 as client");
  const cases: readonly (readonly [string, RegExp])[] = [
    ["message sever x from h2", /no such name: sever \(do you mean "server"\?\)/],
    ["port client move h2", /a port \| client, which is a right/],
    ["right drop server", /a right \| server, which is a port/],
    ["receive client", /which is a right/],
    ["message server x from %7", /no such job: %7/],
    ["message client x from h3", /MACH_SEND_INVALID_DEST/],
    ["message server x from h2 --reply nobody", /no such name: nobody/],
    ["message server x from h2 --with receive:server", /^server to take the message \| no receive/],
    ["port server move h1", /server to move to h1 \| it is there already/],
  ];
  for (const [line, wrong] of cases) t.regex(await fails(line), wrong, line);
});

test("port verbs: expect violation: judges the trace, at rest too", async (t) => {
  const { lines } = await desk(t);
  await lines("port a on h1", "message a x from h2", "port a move h3", "expect violation none");
  await lines("receive a", "advance 1s", "expect violation none at rest");
});

const mistakes: readonly (readonly [string, RegExp])[] = [
  ["port", /expected NAME, then on, move or destroy/],
  ["port a", /expected NAME, then on, move or destroy/],
  ["port a at h1", /expected NAME, then on, move or destroy/],
  ["port 1a on h1", /expected NAME: a word of letters/],
  ["port a on h9", /h1 to h4 or fs, or a job/],
  ["port a on h1 --queue 17", /--queue: expected a whole number from 1 to 16/],
  ["port a on h1 --queue", /a value after --queue/],
  ["port a on h1 --location relais", /--location: expected .*do you mean "relay"/],
  ["port a move h2 --queue 3", /--queue goes with on/],
  ["port a move %1", /expected HOST/],
  ["port a destroy now", /nothing more expected/],
  ["right", /expected send, send-once or drop/],
  ["right receive a to h1 as b", /expected send, send-once or drop, got "receive"/],
  ["right send a h1 as b", /expected to/],
  ["right send a to h1", /expected as, got nothing/],
  ["right drop", /expected NAME, got nothing/],
  ["message a", /expected NAME TEXT from HOST\|JOB/],
  ["message a x", /expected from, got nothing/],
  ["message a x from h7", /h1 to h4 or fs/],
  ["message a x from h1 --timeout soon", /--timeout: expected a number, then ns/],
  ["message a x from h1 --with b", /--with: expected send:NAME, send-once:NAME, receive:NAME/],
  ["message a x from h1 --with give:b", /--with: expected/],
  ["message a x from h1 --thread x", /--thread: expected a whole number/],
  ["receive", /expected NAME/],
  ["receive a expect", /a word after expect/],
  ["receive a expects x", /expected expect, reply or right, got "expects"/],
  ["receive a reply r reply s", /expected expect, reply or right, got "reply"/],
  ["expect order", /expected NAME/],
  ["expect notification death a", /dead-name or no-senders or send-once or port-deleted/],
  ["expect notification dead-name", /expected NAME, got nothing/],
  ["expect notification dead-name a within x", /expected DURATION/],
  ["expect no notification dead-name", /expected NAME, got nothing/],
  ["expect violation none at home", /"rest"/],
  ["ports now", /nothing more expected/],
];

for (const [text, wrong] of mistakes)
  test(`port verbs: ${text}: is refused before anything runs`, (t) => {
    const prepared = prepareLine(text, settingsDefault);
    t.regex("wrong" in prepared ? prepared.wrong : "it was accepted", wrong);
  });

test("port verbs: &: is refused where a line looks at what has come of it", (t) => {
  for (const line of ["receive a expect x &", "message a x from h1 --expect KERN_SUCCESS &"]) {
    const prepared = prepareLine(line, settingsDefault);
    t.regex("wrong" in prepared ? prepared.wrong : "it was accepted", /not with &/);
  }
});

test("port verbs: a name of a port that lives: stands for nothing else", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1", "port b on h1");
  t.is(await fails("port a on h2"), "a new name | a, which is a port");
  t.is(await fails("right send b to h2 as a"), "a new name | a, which is a port");
  await lines("message a x from h2", "receive a expect x", "port a destroy", "port a on h2");
});

test("port verbs: a host that is down: nothing is sent there, and the port keeps its queue", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1", "message a x from h2", "crash h3");
  t.is(await fails("port a move h3"), "a to move to h3 | h3 is down");
  t.is(await fails("right send a to h3 as r"), "the right r to be given | h3 is down");
  t.is(await fails("message a y from h3"), "a to take the message | h3 is down");
  await lines("expect order a x");
});

test("port verbs: a receive that was given up: the next line has the message that came since", async (t) => {
  const { lines, fails } = await desk(t);
  await lines("port a on h1", "message a zero from h2", "receive a");
  t.regex(await fails("receive a"), /^a message at a \| deadlock/);
  await lines("message a one from h2", "message a two from h2");
  t.deepEqual(await lines("receive a", "receive a"), ["a: one", "a: two"]);
  t.regex(await fails("receive a"), /deadlock/);
  await lines("expect order a zero one two", "message a three from h2");
  await lines(
    "expect order a zero one two three",
    "message a four from h2",
    "receive a expect four",
  );
});
