// Goal: a program finds its arguments, environment and auxiliary vector where the ABI says.
// Method: the stack is read back by a reader of its own, from the stack pointer up.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import type { Elf } from "../../../kernel/task/elf.ts";
import { buildStack, stackPages, stackTop } from "../../../kernel/task/stack.ts";
import { createLoneHost, createRunning } from "../lone-host.ts";
import type { Task } from "../../../kernel/task/task.ts";

const elf: Elf = {
  entry: 0x10200,
  segments: [],
  headersAddress: 0x10040,
  headerBytes: 56,
  headerCount: 2,
  executableStack: false,
};
const some = createRunning(createLoneHost(), [0]);

function withProgram(args: readonly string[], environment: readonly string[]): Task {
  return { ...some, program: { name: "t", path: "/bin/t", arguments: args, environment } };
}

interface Read {
  readonly arguments: string[];
  readonly environment: string[];
  readonly auxiliary: Map<number, number>;
  readonly text: (address: number) => string;
}

function read({ pointer, bytes }: { pointer: number; bytes: Uint8Array }): Read {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const word = (): number => {
    const value = Number(view.getBigUint64(at, true));
    at += 8;
    return value;
  };
  const text = (address: number): string => {
    const from = address - pointer;
    return Buffer.from(bytes.subarray(from, bytes.indexOf(0, from))).toString();
  };
  const texts = (): string[] => {
    const list: string[] = [];
    for (let address = word(); address !== 0; address = word()) list.push(text(address));
    return list;
  };
  const count = word();
  const args = texts();
  if (args.length !== count) throw new Error(`argc is ${count}, argv has ${args.length}`);
  const environment = texts();
  const auxiliary = new Map<number, number>();
  for (let type = word(); type !== 0; type = word()) auxiliary.set(type, word());
  return { arguments: args, environment, auxiliary, text };
}

const word = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\0"));

testProp(
  "stack: any arguments and environment: found by the program as they were given",
  [fc.array(word, { maxLength: 12 }), fc.array(word, { maxLength: 12 })],
  (t, args, environment) => {
    const stack = buildStack(withProgram(args, environment), elf, 1);
    if (typeof stack === "string") return t.fail(stack);
    t.is(stack.pointer % 16, 0);
    t.true(stack.pointer + stack.bytes.length <= stackTop);
    const found = read(stack);
    const plain = (text: string): string => Buffer.from(text).toString();
    t.deepEqual(found.arguments, args.map(plain));
    t.deepEqual(found.environment, environment.map(plain));
    const random = (found.auxiliary.get(25) as number) - stack.pointer;
    t.true(random > 0 && random + 16 <= stack.bytes.length);
  },
);

test("stack: auxiliary vector: the values that libc reads", (t) => {
  const stack = buildStack(withProgram(["t"], []), elf, 1);
  if (typeof stack === "string") return t.fail(stack);
  const { auxiliary, text } = read(stack);
  const expected = { 3: 0x10040, 4: 56, 5: 2, 6: 4096, 7: 0, 9: 0x10200, 11: 0, 17: 100, 23: 0 };
  for (const [type, value] of Object.entries(expected)) {
    t.is(auxiliary.get(Number(type)), value, `AT_ ${type}`);
  }
  t.is(text(auxiliary.get(31) as number), "/bin/t");
  // I, M, A, F, D and C, as bits counted from A.
  t.is(auxiliary.get(16), 0b1_0001_0010_1101);
});

test("stack: random bytes: the task's own, the same for the same seed", (t) => {
  const randomOf = (seed: number, pid: number): string => {
    const stack = buildStack({ ...withProgram(["t"], []), pid }, elf, seed);
    if (typeof stack === "string") throw new Error(stack);
    const at = (read(stack).auxiliary.get(25) as number) - stack.pointer;
    return Buffer.from(stack.bytes.subarray(at, at + 16)).toString("hex");
  };
  t.is(randomOf(1, 10_001), randomOf(1, 10_001));
  t.not(randomOf(1, 10_001), randomOf(2, 10_001));
  t.not(randomOf(1, 10_001), randomOf(1, 10_002));
});

test("stack: arguments longer than a quarter of the stack: refused by name", (t) => {
  const long = "x".repeat((stackPages * 4096) / 4);
  t.regex(buildStack(withProgram([long], []), elf, 1) as string, /too long/);
  t.not(typeof buildStack(withProgram([long.slice(100)], []), elf, 1), "string");
});
