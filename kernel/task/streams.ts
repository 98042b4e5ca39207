// The streams that an order to start a program wants opened: what their texts mean.
//
//   FD<PATH   FD>PATH   FD>>PATH      a file to read; to write, made or emptied; to append to
//   FD|PIPE                           an end of a pipe: its reading end for descriptor 0
//   FD&FD                             what another descriptor stands for
//
// Opening them is a part of exec: see `open-streams.ts`.

import { pipeEnds } from "../../ports/index.ts";
import type { Stream } from "./task.ts";

const descriptorMax = 1024;
/** As in asm-generic/fcntl.h. */
const flags = { writeOnly: 1, create: 0o100, truncate: 0o1000, append: 0o2000 } as const;

const flagsOf: Readonly<Record<string, number>> = {
  "<": 0,
  ">": flags.writeOnly | flags.create | flags.truncate,
  ">>": flags.writeOnly | flags.create | flags.append,
};

/** The stream, or undefined if the text is none. */
export function parseStream(text: string): Stream | undefined {
  const parts = /^(\d{1,4})(>>|[<>|&])(.+)$/s.exec(text);
  if (!parts) return undefined;
  const [, descriptor, sign = "", rest = ""] = parts;
  const fd = Number(descriptor);
  if (fd >= descriptorMax) return undefined;
  const open = flagsOf[sign];
  if (open !== undefined) return { open: "path", fd, path: rest, flags: open };
  const number = /^\d{1,15}$/.test(rest) ? Number(rest) : -1;
  if (number < 0) return undefined;
  if (sign === "|") {
    return { open: "pipe", fd, pipe: number, end: fd === 0 ? pipeEnds.read : pipeEnds.write };
  }
  return number < descriptorMax ? { open: "copy", fd, of: number } : undefined;
}
