// Goal: memory that is sent out of line to a task of the same host is lent, not copied, and nobody can
// tell: each side sees what was sent and its own writes, whatever becomes of the message.
// Method: two tasks on a host alone, and its frames counted.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { endTask } from "../../../kernel/task/life.ts";
import {
  destroySpace,
  framesFree,
  mapAnonymous,
  settleLoans,
  unmap,
} from "../../../kernel/vm/index.ts";
import { isOp, portHere, user } from "../../../ports/index.ts";
import { must } from "../../../ports/base/index.ts";
import {
  bufferAt,
  bufferBytes,
  call,
  type Guest,
  how,
  messageAt,
  newPortToSend,
  pair,
  read,
  receive,
  received,
  send,
  settle,
  write,
} from "./port-world.ts";

const pages = 16;
const bytes = pages * 4096 + 100;
const at = 0x500000;

interface Pair {
  readonly server: Guest;
  readonly client: Guest;
  readonly port: number;
  readonly right: number;
}

const pattern = (seed: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + seed + (index >> 12)) % 251);

/** Two tasks, of which the client has memory to send; the server's buffer is there already. */
function lending(): Pair {
  const both = pair();
  const region = { start: at / 4096, pages: pages + 1, protection: 3, name: "" };
  mapAnonymous(both.client.lone.kernel, both.client.task.memory, region);
  write(both.client, at, pattern(1));
  write(both.server, bufferAt, new Uint8Array(bufferBytes));
  for (const guest of [both.client, both.server]) write(guest, messageAt, new Uint8Array(8));
  return both;
}

function sendMemory({ client, right }: Pair, deallocate: boolean = false): number | string {
  const parts = [{ memory: at, size: bytes, deallocate }];
  return send(client, { remote: right, how: how.copySend }, { parts });
}

const used = ({ client }: Pair): number => {
  const { frames } = client.lone.kernel.state;
  return frames.limit - framesFree(frames);
};

const loans = ({ client }: Pair): number => client.lone.kernel.memory.objects.loans.size;

function addressOf({ server }: Pair): number {
  return Number(received(server).body.getBigUint64(4, true));
}

/** Both tasks end; then nothing is held, and no object is left. */
function ends(both: Pair): { readonly held: number; readonly objects: number } {
  const { kernel } = both.client.lone;
  for (const { task } of [both.client, both.server]) {
    if (kernel.state.tasks.has(task.pid)) {
      endTask(kernel, task, { status: 0, signal: 9, lost: null });
    }
  }
  settle(both.client);
  // One that waits until swap has made an object for it does so for ever: this host is alone.
  const left = [...kernel.memory.objects.all.values()].filter(({ swap }) => !swap.asked);
  return { held: used(both), objects: left.length };
}

test("loans: sent and received: no page is copied but the last, which is not full", (t) => {
  const both = lending();
  const before = used(both);
  t.is(sendMemory(both), 0);
  t.is(used(both), before, "nothing at the send");
  t.is(loans(both), 1);
  t.is(receive(both.server, both.port), 0);
  t.is(used(both), before + 1);
  t.is(loans(both), 0);
  const address = addressOf(both);
  t.deepEqual(read(both.server, address, bytes), pattern(1));
  t.is(used(both), before + 1, "nor when it is read");
  write(both.server, address + 4096, Uint8Array.of(9));
  t.is(used(both), before + 2);
  write(both.client, at + 2 * 4096, Uint8Array.of(8));
  t.is(used(both), before + 3);
  const [ours, theirs] = [pattern(1), pattern(1)];
  ours[2 * 4096] = 8;
  theirs[4096] = 9;
  t.deepEqual(read(both.client, at, bytes), ours);
  t.deepEqual(read(both.server, address, bytes), theirs);
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: the sender writes while the message is queued: the receiver has what was sent", (t) => {
  const both = lending();
  sendMemory(both);
  write(both.client, at, pattern(2));
  t.is(receive(both.server, both.port), 0);
  t.deepEqual(read(both.server, addressOf(both), bytes), pattern(1));
  t.deepEqual(read(both.client, at, bytes), pattern(2));
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: deallocated by the sender: its pages become the receiver's", (t) => {
  const both = lending();
  const before = used(both);
  t.is(sendMemory(both, true), 0);
  t.throws(() => read(both.client, at, 1));
  t.is(receive(both.server, both.port), 0);
  const address = addressOf(both);
  write(both.server, address, pattern(3));
  t.is(used(both), before, "the part of a page that was copied is in one of its own");
  t.deepEqual(read(both.server, address, bytes), pattern(3));
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: the message is destroyed with its port: the sender's memory is its own again", (t) => {
  const both = lending();
  const before = used(both);
  sendMemory(both);
  t.is(call(both.server, "port_destroy", both.port), 0);
  t.is(loans(both), 0);
  write(both.client, at, pattern(2));
  t.is(used(both), before);
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: the sender ends before it is received: the memory is there, and goes with the receiver", (t) => {
  const both = lending();
  sendMemory(both);
  const { kernel } = both.client.lone;
  endTask(kernel, both.client.task, { status: 0, signal: 9, lost: null });
  t.is(receive(both.server, both.port), 0);
  t.deepEqual(read(both.server, addressOf(both), bytes), pattern(1));
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: a receiver that ends without receiving: nothing is left", (t) => {
  const both = lending();
  sendMemory(both);
  sendMemory(both);
  t.is(loans(both), 2);
  t.deepEqual(ends(both), { held: 0, objects: 0 });
  t.is(loans(both), 0);
});

test("loans: made into bytes while it is queued, as before a move: the same is received", (t) => {
  const both = lending();
  sendMemory(both);
  const { kernel } = both.client.lone;
  settleLoans(kernel);
  t.is(loans(both), 0);
  const uid = must(both.server.task.space.entries.get(both.port), "the port's name").uid;
  const [message] = must(portHere(kernel.state.ports, uid), "the port").queue;
  t.true(message && isOp(message, user.message) && message.body.memory.length === bytes);
  write(both.client, at, pattern(2));
  t.is(receive(both.server, both.port), 0);
  t.deepEqual(read(both.server, addressOf(both), bytes), pattern(1));
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: memory is short: what is lent becomes bytes, and whoever needs a frame has one", (t) => {
  const both = lending();
  const { kernel } = both.client.lone;
  sendMemory(both, true);
  const { limit } = kernel.state.frames;
  Reflect.set(kernel.state.frames, "limit", limit - framesFree(kernel.state.frames));
  const region = { start: 0x900, pages: 4, protection: 3, name: "" };
  mapAnonymous(kernel, both.client.task.memory, region);
  write(both.client, 0x900000, new Uint8Array(4 * 4096).fill(5));
  t.is(loans(both), 0);
  Reflect.set(kernel.state.frames, "limit", limit);
  t.is(receive(both.server, both.port), 0);
  t.deepEqual(read(both.server, addressOf(both), bytes), pattern(1));
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: the receive right is moved on with what is queued: whoever has it receives the memory", (t) => {
  const both = lending();
  const { server, client, port } = both;
  const own = newPortToSend(server);
  sendMemory(both);
  const parts = [{ port, how: how.moveReceive }];
  t.is(send(server, { remote: own, how: how.copySend }, { parts }), 0);
  t.is(loans(both), 0);
  t.is(receive(server, own), 0);
  const again = received(server).body.getUint32(4, true);
  t.is(receive(server, again), 0);
  t.deepEqual(read(server, addressOf(both), bytes), pattern(1));
  unmap(client.lone.kernel, client.task.memory, at / 4096, at / 4096 + pages + 1);
  t.deepEqual(ends(both), { held: 0, objects: 0 });
});

test("loans: sent on as it came, many times: one copy of each page for all", (t) => {
  const both = lending();
  const before = used(both);
  for (let round = 0; round < 5; round++) {
    t.is(sendMemory(both), 0);
    t.is(receive(both.server, both.port), 0);
    t.deepEqual(read(both.server, addressOf(both), bytes), pattern(1), `round ${round}`);
  }
  t.is(used(both), before + 5);
  destroySpace(both.server.lone.kernel, both.server.task.memory);
  t.true(used(both) < before, "nothing of the five copies is left");
  t.deepEqual(read(both.client, at, bytes), pattern(1));
});

const span = 10;
const page = fc.nat(span - 1);
const step = fc.oneof(
  fc.record({ do: fc.constant("write" as const), page, value: fc.nat(255) }),
  fc.record({ do: fc.constant("write" as const), page, value: fc.nat(255) }),
  fc.record({
    do: fc.constant("send" as const),
    page,
    count: fc.integer({ min: 3, max: 7 }),
    rest: fc.constantFrom(0, 0, 200),
    gives: fc.boolean(),
  }),
  fc.record({ do: fc.constant("receive" as const) }),
  fc.record({ do: fc.constant("receive" as const) }),
  fc.record({ do: fc.constant("change" as const), which: fc.nat(9), page, value: fc.nat(255) }),
  fc.record({ do: fc.constant("drop" as const), which: fc.nat(9) }),
  fc.record({ do: fc.constant("settle" as const) }),
);

/** What a region's pages are full of, and its last bytes. */
interface Region {
  readonly address: number;
  readonly values: number[];
}

testProp(
  "loans: any sends, receipts and writes: each side has what was sent and what it wrote",
  [fc.array(step, { minLength: 10, maxLength: 60 })],
  (t, steps) => {
    const both = pair();
    const { server, client, port, right } = both;
    const { kernel } = client.lone;
    const map = (start: number, pages: number): void => {
      const region = { start: at / 4096 + start, pages, protection: 3, name: "" };
      mapAnonymous(kernel, client.task.memory, region);
    };
    map(0, span + 1);
    const values: number[] = Array.from({ length: span + 1 }, () => 0);
    const queued: number[][] = [];
    const regions: Region[] = [];
    const fill = (guest: Guest, address: number, value: number, size: number = 4096): void =>
      write(guest, address, new Uint8Array(size).fill(value));
    const isFull = (guest: Guest, address: number, value: number, size: number): boolean =>
      read(guest, address, size).every((byte) => byte === value);
    for (const one of steps) {
      if (one.do === "write") {
        fill(client, at + one.page * 4096, one.value);
        values[one.page] = one.value;
      } else if (one.do === "send" && queued.length < 5) {
        const count = Math.min(one.count, span - one.page);
        const size = count * 4096 + one.rest;
        const parts = [{ memory: at + one.page * 4096, size, deallocate: one.gives }];
        t.is(send(client, { remote: right, how: how.copySend }, { parts }), 0);
        const pages = count + (one.rest > 0 ? 1 : 0);
        queued.push(values.slice(one.page, one.page + pages));
        if (!one.gives) continue;
        map(one.page, pages);
        values.fill(0, one.page, one.page + pages);
      } else if (one.do === "receive" && queued.length > 0) {
        t.is(receive(server, port), 0);
        const { body } = received(server);
        const address = Number(body.getBigUint64(4, true));
        regions.push({ address, values: queued.shift() ?? [] });
      } else if (one.do === "change" && regions.length > 0) {
        const region = must(regions[one.which % regions.length], "a region");
        const index = one.page % region.values.length;
        fill(server, region.address + index * 4096, one.value, 200);
        fill(server, region.address + index * 4096, one.value);
        region.values[index] = one.value;
      } else if (one.do === "drop" && regions.length > 0) {
        const [gone] = regions.splice(one.which % regions.length, 1);
        const start = must(gone, "a region").address / 4096;
        unmap(kernel, server.task.memory, start, start + must(gone, "a region").values.length);
      } else if (one.do === "settle") settleLoans(kernel);
      for (const [index, value] of values.entries()) {
        t.true(isFull(client, at + index * 4096, value, 200), `the sender's page ${index}`);
      }
      for (const { address, values: known } of regions) {
        for (const [index, value] of known.entries()) {
          t.true(
            isFull(server, address + index * 4096, value, 200),
            `the receiver's page ${index}`,
          );
        }
      }
    }
    t.deepEqual(ends(both), { held: 0, objects: 0 });
  },
  { numRuns: 100 },
);
