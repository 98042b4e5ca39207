// What tests of converters share: stories of made-up traces, small checkers of formats, golden files.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { readLines } from "../../../shell/traces/read.ts";
import { readStory, type Story } from "../../../shell/traces/story.ts";

export function storyOf(lines: readonly string[]): Story {
  return readStory([...readLines("test", lines).events]);
}

export function allOf({ events }: Story): readonly number[] {
  return [...events.keys()];
}

/** What is wrong with a text as XML; null if nothing is. */
export function wrongXml(text: string): string | null {
  const open: string[] = [];
  let roots = 0;
  const token = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g;
  for (const [, close, name = "", attributes = "", single, content, stray] of text.matchAll(
    token,
  )) {
    if (stray !== undefined) return `a stray < after ${open.join("/")}`;
    if (content !== undefined || attributes !== "") {
      const rest = (content ?? attributes).replaceAll(/&(?:amp|lt|gt|quot|#\d+);/g, "");
      if (rest.includes("&")) return `a stray & in ${rest}`;
      if (/[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]/u.test(rest)) return "a character XML has not";
      if (content !== undefined && open.length === 0 && content.trim() !== "")
        return "text outside";
    }
    if (content !== undefined) continue;
    if (close === "/") {
      if (open.pop() !== name) return `</${name}> closes nothing`;
      continue;
    }
    const names = [...attributes.matchAll(/([\w:-]+)=/g)].map(([, key]) => key);
    if (new Set(names).size < names.length) return `an attribute twice in ${name}`;
    if (open.length === 0 && ++roots > 1) return "two roots";
    if (single !== "/") open.push(name);
  }
  return open.length > 0 ? `${open.join("/")} is not closed` : roots === 1 ? null : "no root";
}

// Compiled to dist/test/shell/traces: four folders below the project.
const golden = fileURLToPath(new URL("../../../../test/shell/traces/golden/", import.meta.url));

/** Compares with a file of golden/; UPDATE_GOLDEN=1 writes it. */
export function sameAsGolden(t: ExecutionContext, name: string, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden + name, text);
  t.is(text, readFileSync(golden + name, "utf8"));
}

/** A journey with one of everything: a message, a request, a move, a wait, a fault. */
export const journey: readonly string[] = [
  { at: 2_000, host: "h1", seq: 0, event: "msg.send", port: "h1.0.1", op: "control.spawn", id: 0 },
  { at: 2_000, host: "h1", seq: 1, event: "msg.enqueue", port: "h1.0.1", op: "control.spawn" },
  { at: 12_000, host: "h1", seq: 2, event: "task.born", pid: 10001, job: 1, program: "/bin/count" },
  { at: 14_000, host: "h1", seq: 3, event: "msg.send", port: "fs.0.3", op: "files.open", id: 1 },
  { at: 19_000, host: "h1", seq: 4, event: "thread.wait", pid: 10001, tid: 10001, for: "reply" },
  { at: 120_000, host: "fs", seq: 0, event: "msg.enqueue", port: "fs.0.3", op: "files.open" },
  {
    at: 122_000,
    host: "fs",
    seq: 1,
    event: "msg.send",
    port: "h1.1.17",
    op: "files.opened",
    id: 1,
  },
  { at: 230_000, host: "h1", seq: 5, event: "msg.enqueue", port: "h1.1.17", op: "files.opened" },
  { at: 6_000_000, host: "h2", seq: 0, event: "host.crash", incarnation: 1 },
  {
    at: 6_100_000,
    host: "h1",
    seq: 6,
    event: "migrate.request",
    command: 0,
    pid: 10001,
    job: 1,
    move: "h1.1.1",
    to: "h3",
    strategy: "eager",
  },
  {
    at: 6_200_000,
    host: "h1",
    seq: 7,
    event: "migrate.freeze",
    pid: 10001,
    job: 1,
    move: "h1.1.1",
  },
  {
    at: 6_203_000,
    host: "h1",
    seq: 8,
    event: "msg.send",
    port: "h3.0.1",
    op: "migrate.transfer",
    id: 0,
  },
  {
    at: 6_320_000,
    host: "h3",
    seq: 0,
    event: "msg.enqueue",
    port: "h3.0.1",
    op: "migrate.transfer",
  },
  {
    at: 6_420_000,
    host: "h3",
    seq: 1,
    event: "migrate.activate",
    pid: 10001,
    job: 1,
    move: "h1.1.1",
    epoch: 1,
  },
  { at: 6_500_000, host: "h2", seq: 1, event: "host.restart", incarnation: 2 },
  {
    at: 6_600_000,
    host: "h3",
    seq: 2,
    event: "ipc.sent",
    msg: "h3.1.30",
    port: "h2.2.16",
    by: "10001.10001",
    via: 0,
    rights: ["send:h3.1.20:1"],
  },
  {
    at: 6_700_000,
    host: "h2",
    seq: 2,
    event: "ipc.queued",
    msg: "h3.1.30",
    port: "h2.2.16",
    hops: 1,
  },
  {
    at: 2_006_700_000,
    host: "h3",
    seq: 3,
    event: "task.exit",
    pid: 10001,
    job: 1,
    status: 0,
    signal: 0,
  },
].map((event) => JSON.stringify(event));
