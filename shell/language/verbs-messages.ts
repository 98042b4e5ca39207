// Verbs for messages: sent by the operator from a name space, and received there.

import type { Holder, SendOptions } from "../../cluster/index.ts";
import { codeName, sendCodes } from "../../ports/index.ts";
import { oneOf } from "../options-values.ts";
import { parseCount, parseDuration, type Parsed } from "../units.ts";
import { anyOf, durationKind, readArguments, takeOption, wordKind } from "./arguments.ts";
import { done, failed, type Failure, type Outcome } from "./outcome.ts";
import { entryOfReceived, type NamedPort } from "./port-names.ts";
import {
  holderKind,
  type HolderName,
  holderOf,
  isDown,
  isFailure,
  nameKind,
  noteReceivedPorts,
  ready,
  resultOf,
} from "./port-words.ts";
import type { Session } from "./session.ts";
import type { Action, Call, Prepared, Verb } from "./verb.ts";

export const messageVerb: Verb = {
  name: "message",
  usage: "message NAME TEXT from HOST|JOB [OPTION]…",
  topic: "ports",
  help: "Sends a text to the port NAME, or by the right NAME, and waits for the outcome.",
  examples: ["message a hello from h2", "message a ask from %1 --reply b --timeout 5ms &"],
  words: [nameKind, anyOf("TEXT"), wordKind("from"), holderKind],
  options: [
    { name: "--reply", value: nameKind, help: "The port to which an answer goes." },
    { name: "--with", value: anyOf("KIND:NAME"), help: "A right that the message carries." },
    { name: "--thread", value: anyOf("N"), help: "The sender's thread." },
    { name: "--timeout", value: durationKind, help: "How long it may wait for room." },
    { name: "--expect", value: anyOf("CODE"), help: "The outcome that is no failure." },
  ],
  more: [
    "A sender that has no right to the port NAME is given one first. With & nobody waits.",
    "--reply PORT: a send-once right to that port goes along.",
    "--with send:NAME, send-once:NAME or receive:NAME: a right goes along in the body; receive is",
    "  the port itself.",
    "--timeout DURATION: not sent by then, it comes back, and the line fails.",
    "--thread N: which thread of the space sends (1); each has one send without an outcome at most.",
    "--expect CODE: the outcome must be this code of Mach's, as in MACH_SEND_TIMED_OUT.",
  ],
  background: true,
  prepare: prepareMessage,
};

export const receiveVerb: Verb = {
  name: "receive",
  usage: "receive NAME [expect TEXT] [reply NAME2] [right NAME3]",
  topic: "ports",
  help: "Receives the next message of a port and prints it; waits until there is one.",
  examples: ["receive a", "receive a expect hello", "receive a expect ask reply r"],
  words: [
    nameKind,
    anyOf("expect|reply|right", { from: "words", words: ["expect", "reply", "right"] }),
  ],
  more: [
    "reply: the reply right that came along gets this name; message NAME2 … answers by it.",
    "right: the same for the right in the body. With & nobody waits, and nothing is printed.",
  ],
  background: true,
  prepare: prepareReceive,
};

interface MessageLine {
  readonly to: string;
  readonly text: string;
  readonly from: HolderName;
  readonly reply: string | undefined;
  readonly carried: { readonly kind: CarryKind; readonly name: string } | undefined;
  readonly thread: number;
  readonly timeoutNs: number | undefined;
  readonly code: string;
}

type CarryKind = NonNullable<SendOptions["carryKind"]>;
const carryKinds: readonly CarryKind[] = ["send", "send-once", "receive"];

/** Takes all of these options, with the texts of their values. */
function takeOptions<const Names extends readonly string[]>(
  args: readonly string[],
  names: Names,
): Parsed<{
  readonly texts: Readonly<Record<Names[number], string | undefined>>;
  readonly rest: readonly string[];
}> {
  const texts: Record<string, string | undefined> = {};
  let rest = args;
  for (const name of names) {
    const taken = takeOption(rest, `--${name}`);
    if ("wrong" in taken) return taken;
    texts[name] = taken.value.text;
    ({ rest } = taken.value);
  }
  return { value: { texts: texts as Record<Names[number], string | undefined>, rest } };
}

const messageOptions = ["reply", "with", "thread", "timeout", "expect"] as const;

function prepareMessage({ args, scope, background }: Call): Prepared {
  const options = takeOptions(args, messageOptions);
  if ("wrong" in options) return options;
  const { texts, rest } = options.value;
  const [to = "", text, ...others] = rest;
  if (text === undefined) return { wrong: "expected NAME TEXT from HOST|JOB" };
  const code = parseCode(texts.expect, background);
  if ("wrong" in code) return code;
  const read = readArguments([to, ...others], [nameKind, wordKind("from"), holderKind], scope);
  if ("wrong" in read) return read;
  const thread = parseCount(texts.thread ?? "1", { min: 0, max: 999 });
  if ("wrong" in thread) return { wrong: `--thread: expected ${thread.wrong}` };
  const timeout = texts.timeout === undefined ? undefined : parseDuration(texts.timeout);
  if (timeout && "wrong" in timeout) return { wrong: `--timeout: expected ${timeout.wrong}` };
  const carried = texts.with === undefined ? undefined : parseCarried(texts.with);
  if (carried && "wrong" in carried) return carried;
  const line: MessageLine = {
    to: read.value[0],
    text,
    from: read.value[2],
    reply: texts.reply,
    carried: carried?.value,
    thread: thread.value,
    timeoutNs: timeout?.value,
    code: code.value,
  };
  return { run: (session) => sendMessage(session, line, background) };
}

const sendCodeNames = [0, ...Object.values(sendCodes)].map(codeName);

function parseCode(text: string | undefined, background: boolean): Parsed<string> {
  if (text === undefined) return { value: codeName(0) };
  if (background) return { wrong: "--expect looks at the outcome: not with &" };
  const known = oneOf<string>(text, sendCodeNames);
  return "wrong" in known ? { wrong: `--expect: expected ${known.wrong}, got "${text}"` } : known;
}

function parseCarried(text: string): Parsed<{ readonly kind: CarryKind; readonly name: string }> {
  const [kind, name] = text.split(":");
  const known = carryKinds.find((one) => one === kind);
  if (!known || name === undefined || name === "") {
    return { wrong: `--with: expected ${carryKinds.join(":NAME, ")}:NAME, got "${text}"` };
  }
  return { value: { kind: known, name } };
}

async function sendMessage(
  session: Session,
  line: MessageLine,
  background: boolean,
): Promise<Outcome> {
  const from = holderOf(session, line.from);
  if (isFailure(from)) return from;
  const target = session.names.find(line.to);
  if ("at" in target) return target;
  const options = sendOptions(session, line);
  if (isFailure(options)) return options;
  const down = background ? undefined : isDown(session, from, `${line.to} to take the message`);
  if (down) return down;
  if (target.is === "port") {
    const given = await giveFirst(session, target, from, line.to);
    if (given) return given;
  }
  const command = session.cluster.ports.postSend(target.ref, line.text, from, options);
  if (background) return done;
  const expected = line.code === codeName(0) ? `${line.to} to take the message` : line.code;
  const result = await resultOf(session, command, expected);
  if ("expected" in result) return result;
  const got = result.reason === "" ? codeName(result.code) : result.reason;
  return got === line.code ? done : failed(expected, got);
}

/** A sender without a right to the port is given one. */
async function giveFirst(
  session: Session,
  { ref }: NamedPort,
  from: Holder,
  name: string,
): Promise<Failure | undefined> {
  const { ports } = session.cluster;
  if (ports.hasSend(ref, from)) return undefined;
  const expected = `a right to ${name} to be given to its sender`;
  const result = await resultOf(session, ports.postGive(ref, "send", from), expected);
  if ("expected" in result) return result;
  return result.ok ? undefined : failed(expected, result.reason);
}

function sendOptions(session: Session, line: MessageLine): SendOptions | Failure {
  const { thread, timeoutNs, carried } = line;
  const reply = line.reply === undefined ? undefined : session.names.port(line.reply);
  if (reply && "at" in reply) return reply;
  const carry = carried && session.names.find(carried.name);
  if (carry && "at" in carry) return carry;
  return {
    thread,
    ...(timeoutNs === undefined ? {} : { timeoutNs }),
    ...(reply ? { reply: reply.ref } : {}),
    ...(carry && carried ? { carry: carry.ref, carryKind: carried.kind } : {}),
  };
}

interface ReceiveLine {
  readonly name: string;
  readonly text: string | undefined;
  readonly reply: string | undefined;
  readonly right: string | undefined;
}

const receiveWords = ["expect", "reply", "right"] as const;

function prepareReceive({ args, scope, background }: Call): Prepared {
  const [name = "", ...rest] = args;
  const read = readArguments([name], [nameKind], scope);
  const words = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 2) {
    const word = rest[at] ?? "";
    const value = rest[at + 1];
    if (!receiveWords.some((one) => one === word) || words.has(word)) {
      return { wrong: `expected expect, reply or right, got "${word}"` };
    }
    if (value === undefined) return { wrong: `expected a word after ${word}, got nothing` };
    words.set(word, value);
  }
  if (background && words.has("expect")) {
    return { wrong: "expect looks at the message: not with &" };
  }
  const [text, reply, right] = receiveWords.map((word) => words.get(word));
  return ready(read, ([port]) => receiveMessage({ name: port, text, reply, right }, background));
}

function receiveMessage(line: ReceiveLine, background: boolean): Action {
  return async (session) => {
    const port = session.names.port(line.name);
    if ("at" in port) return port;
    const { holder } = port.ref;
    const givenUp = session.names.takeGivenUp(port);
    const command = givenUp ?? session.cluster.ports.postReceive(port.ref);
    bindRights(session, line, command, holder);
    if (background) return done;
    const expected =
      line.text === undefined
        ? `a message at ${line.name}`
        : `${JSON.stringify(line.text)} at ${line.name}`;
    const result = await resultOf(session, command, expected);
    if ("expected" in result) {
      session.names.noteGivenUp(port, command);
      return result;
    }
    if (!result.message) return failed(expected, result.reason || codeName(result.code));
    noteReceivedPorts(session, result, holder);
    const { kind, text } = result.message;
    const got = kind === "message" ? text : `(${kind})`;
    port.received.push(got);
    session.print(`${line.name}: ${got}`);
    return line.text === undefined || line.text === got
      ? done
      : failed(expected, JSON.stringify(got));
  };
}

/** The names of what comes with the message stand for it as soon as it has come. */
function bindRights(
  { names }: Session,
  { reply, right }: ReceiveLine,
  command: number,
  holder: Holder,
): void {
  if (reply !== undefined) {
    names.setOpen(reply, command, ({ message }) =>
      entryOfReceived(message?.reply ?? undefined, holder),
    );
  }
  if (right !== undefined) {
    names.setOpen(right, command, ({ message }) => entryOfReceived(message?.rights[0], holder));
  }
}
