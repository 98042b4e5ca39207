// Goal: one host at a time writes a file through shared mappings, however the messages of kernels cross.
// Method: the server's half alone; the test plays the kernels and says what has reached the server.

import test from "ava";
import { makePortUid, memory, type PortUid, type ServerContext } from "../../ports/index.ts";
import { onClaim, onRelease, onWrote, releaseDead } from "../../fs-server/claims.ts";
import { createDisk } from "../../fs-server/disk.ts";
import { type Claim, createState, type FilesState } from "../../fs-server/state.ts";

const inode = 7;
const nobody = -1;
const [one, two, three] = [1, 2, 3].map((host) => makePortUid(host, 1, 100)) as [
  PortUid,
  PortUid,
  PortUid,
];

interface World {
  readonly state: FilesState;
  readonly context: ServerContext;
  /** What the kernels were sent, in order. */
  readonly said: string[];
}

function createWorld(): World {
  const said: string[] = [];
  const context = {
    watchHost: () => true,
    send(to: PortUid, op: { readonly name: string }, body: { readonly error?: number }) {
      const host = [one, two, three].indexOf(to) + 1;
      said.push(op === memory.writing ? `writing? ${host}` : `${host}: ${body.error ?? "?"}`);
    },
  } as unknown as ServerContext;
  return { state: createState(createDisk()), context, said };
}

const away = { to: nobody, incarnation: 0 };
/** A new claim. */
const fresh = (control: PortUid): Claim => ({ control, grant: 0, step: 0 });
/** The first claim that was granted, after so many moves. */
const moved = (control: PortUid, step: number): Claim => ({ control, grant: 1, step });

test("claims: the first has it; the next is refused when the first says that it writes", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(two));
  onClaim(world, inode, fresh(three));
  t.deepEqual(world.said, ["1: 0", "writing? 1", "writing? 1"], "a question for each who comes");
  onWrote(world, inode, one, true);
  t.deepEqual(world.said.slice(3), ["2: 26", "3: 26"]);
});

test("claims: the release was under way: the next has it", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(two));
  onRelease(world, inode, one, away);
  onWrote(world, inode, one, false);
  t.deepEqual(world.said, ["1: 0", "writing? 1", "2: 0"]);
  onClaim(world, inode, fresh(one));
  t.is(world.said.at(-1), "writing? 2");
});

test("claims: who has it says that it does not write: the first who waits has it, the next asks", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(two));
  onClaim(world, inode, fresh(three));
  onWrote(world, inode, one, false);
  t.deepEqual(world.said.slice(3), ["2: 0", "writing? 2"]);
});

test("claims: a task moves: release and claim in either order, the target has it", (t) => {
  for (const claimsFirst of [true, false]) {
    const world = createWorld();
    onClaim(world, inode, fresh(one));
    const release = (): void => onRelease(world, inode, one, { to: 2, incarnation: 1 });
    const claim = (): void => onClaim(world, inode, moved(two, 1));
    for (const act of claimsFirst ? [claim, release] : [release, claim]) act();
    t.deepEqual(world.said, ["1: 0", "2: 0"]);
    onClaim(world, inode, fresh(three));
    t.is(world.said.at(-1), "writing? 2");
  }
});

test("claims: on its way to the target, and nobody there has said so: a third host waits", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onRelease(world, inode, one, { to: 2, incarnation: 1 });
  onClaim(world, inode, fresh(three));
  t.deepEqual(world.said, ["1: 0"]);
  onClaim(world, inode, moved(two, 1));
  onWrote(world, inode, two, true);
  t.deepEqual(world.said.slice(1), ["2: 0", "writing? 2", "3: 26"]);
});

test("claims: it has moved on twice, and the last host claims first: it has it, others are late", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, moved(three, 2));
  t.is(world.said.at(-1), "3: 0");
  onRelease(world, inode, one, { to: 2, incarnation: 1 });
  onClaim(world, inode, moved(two, 1));
  onRelease(world, inode, two, { to: 3, incarnation: 1 });
  t.is(world.said.at(-1), "3: 0");
  t.is(world.state.writers.get(inode)?.control, three);
});

test("claims: round a ring, and what a host in the middle says comes last: it changes nothing", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(three));
  onRelease(world, inode, three, { to: 2, incarnation: 1 });
  onClaim(world, inode, moved(one, 2));
  onClaim(world, inode, moved(three, 3));
  onClaim(world, inode, moved(two, 1));
  onRelease(world, inode, one, { to: 3, incarnation: 1 });
  onRelease(world, inode, two, { to: 1, incarnation: 1 });
  t.is(world.state.writers.get(inode)?.control, three);
  onRelease(world, inode, three, away);
  onClaim(world, inode, fresh(three));
  t.is(world.said.at(-1), "3: 0");
});

test("claims: lost with its host, and another was quicker: what was brought is refused", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  releaseDead(world.state, 1, 1, world.context);
  onClaim(world, inode, fresh(three));
  onClaim(world, inode, moved(two, 1));
  t.deepEqual(world.said, ["1: 0", "3: 0", "2: 26"]);
  t.is(world.state.writers.get(inode)?.control, three);
});

test("claims: a claim that comes with its release, late: nobody is given the file for it", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(three));
  onClaim(world, inode, moved(two, 1));
  onRelease(world, inode, two, away);
  onRelease(world, inode, three, away);
  t.is(world.state.writers.size, 0);
  t.is(world.state.claiming.size, 0);
});

test("claims: who has it goes elsewhere while others wait: the new host is asked", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(three));
  onClaim(world, inode, moved(two, 1));
  t.is(world.said.at(-1), "writing? 2");
  onWrote(world, inode, one, false);
  onWrote(world, inode, two, true);
  t.is(world.said.at(-1), "3: 26");
});

test("claims: the host that has it dies: who waits has it; its old words count for nothing", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(two));
  releaseDead(world.state, 1, 1, world.context);
  t.deepEqual(world.said, ["1: 0", "writing? 1", "2: 0"]);
  onRelease(world, inode, one, away);
  onWrote(world, inode, one, false);
  t.is(world.state.writers.get(inode)?.host, 2);
});

test("claims: who waits dies: nobody is answered, the claim is as it was", (t) => {
  const world = createWorld();
  onClaim(world, inode, fresh(one));
  onClaim(world, inode, fresh(two));
  releaseDead(world.state, 2, 1, world.context);
  onWrote(world, inode, one, true);
  t.deepEqual(world.said, ["1: 0", "writing? 1"]);
  t.is(world.state.claiming.size, 0);
});
