// Goal: what an order says of a program's streams is read as it is meant, and nothing else is taken
// for a stream.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { parseStream } from "../../../kernel/task/streams.ts";
import type { Stream } from "../../../kernel/task/task.ts";

const [writeOnly, create, truncate, append] = [1, 0o100, 0o1000, 0o2000];

const meant: readonly (readonly [string, Stream])[] = [
  ["0</etc/x", { open: "path", fd: 0, path: "/etc/x", flags: 0 }],
  ["1>/tmp/x", { open: "path", fd: 1, path: "/tmp/x", flags: writeOnly | create | truncate }],
  ["2>>x y", { open: "path", fd: 2, path: "x y", flags: writeOnly | create | append }],
  ["1>>>odd", { open: "path", fd: 1, path: ">odd", flags: writeOnly | create | append }],
  ["1>two\nlines", { open: "path", fd: 1, path: "two\nlines", flags: 0o1101 }],
  ["0|12", { open: "pipe", fd: 0, pipe: 12, end: 0 }],
  ["1|12", { open: "pipe", fd: 1, pipe: 12, end: 1 }],
  ["7|0", { open: "pipe", fd: 7, pipe: 0, end: 1 }],
  ["2&1", { open: "copy", fd: 2, of: 1 }],
];

for (const [text, stream] of meant) {
  test(`streams: ${JSON.stringify(text)}: is one`, (t) => t.deepEqual(parseStream(text), stream));
}

for (const text of ["", "x", "1", "1>", "<x", "1=x", "-1>x", "1024>x", "12345>x", "1|", "1|x"]) {
  test(`streams: ${JSON.stringify(text)}: is none`, (t) => t.is(parseStream(text), undefined));
}
for (const text of [
  "1|1.5",
  "1|-1",
  "1|12345678901234567",
  "1&",
  "1&x",
  "1&1024",
  "1& 2",
  " 1>x",
]) {
  test(`streams: ${JSON.stringify(text)}: is none`, (t) => t.is(parseStream(text), undefined));
}

testProp(
  "streams: any text: a stream that its parts make up again, or none",
  [fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{1,5}[<>|&]{1,3}[0-9a-z/]{0,6}$/))],
  (t, text) => {
    const stream = parseStream(text);
    if (!stream) {
      t.pass();
      return;
    }
    const sign = { 0: "<", [0o1101]: ">", [0o2101]: ">>" };
    const printed =
      stream.open === "path"
        ? `${stream.fd}${sign[stream.flags as 0]}${stream.path}`
        : stream.open === "pipe"
          ? `${stream.fd}|${stream.pipe}`
          : `${stream.fd}&${stream.of}`;
    t.deepEqual(parseStream(printed), stream);
    t.true(stream.fd >= 0 && stream.fd < 1024);
  },
);
