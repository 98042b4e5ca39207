// The last events as a space-time diagram in text: time goes down, a column a host.
//
//      6.773456  │       ●       │       │     migrate.freeze %1 count
//      6.920840  │       │       │       ●     migrate.prepared to h1.0.1
//      7.034160  │       ●◀──────┼───────┤     migrate.prepared from h3
//      7.176920  │       ╞═══════╪══════▶●     %1 count: h1 to h3
//
// A message is drawn where it arrives, from its sender's column. A column is thick while a task is
// there, dotted while its host is down.

import { compareHosts, textOf, type TraceEvent } from "./event.ts";
import { type MoveStory, pathOf, type Story } from "./story.ts";
import { idsText, milliseconds, shortened, taskNames } from "./words.ts";

export interface FlowOptions {
  /** Nothing but ASCII, for terminals that have no more. */
  readonly ascii?: boolean;
}

interface Glyphs {
  readonly line: string;
  readonly task: string;
  readonly down: string;
  readonly event: string;
  readonly wire: string;
  readonly cross: string;
  readonly right: string;
  readonly left: string;
  readonly move: string;
  readonly moveCross: string;
  /** Where an arrow to the right begins, and one to the left; of a message, of a move. */
  readonly begin: readonly [right: string, left: string];
  readonly moveBegin: readonly [right: string, left: string];
}

const glyphs: Glyphs = {
  line: "│",
  task: "┃",
  down: "┊",
  event: "●",
  wire: "─",
  cross: "┼",
  right: "▶",
  left: "◀",
  move: "═",
  moveCross: "╪",
  begin: ["├", "┤"],
  moveBegin: ["╞", "╡"],
};
const asciiGlyphs: Glyphs = {
  line: "|",
  task: "#",
  down: ":",
  event: "o",
  wire: "-",
  cross: "+",
  right: ">",
  left: "<",
  move: "=",
  moveCross: "+",
  begin: ["+", "+"],
  moveBegin: ["+", "+"],
};

const timeColumns = 14;
const laneColumnsMin = 4;
const laneColumnsMax = 10;
/** What is said of an event should have this much room; on narrow terminals it has less. */
const labelColumns = 36;
const labelColumnsMin = 24;

/** The events from number `first` on. Lines are no wider than `width`. */
export function flowLines(
  story: Story,
  first: number,
  width: number,
  options: FlowOptions = {},
): readonly string[] {
  const shown = [...story.events.keys()].slice(first);
  const hosts = lanesOf(story, shown);
  const marks = options.ascii ? asciiGlyphs : glyphs;
  const lane = laneColumns(hosts.length, width);
  const picture = lane >= laneColumnsMin ? hosts : [];
  const diagram: Diagram = { story, hosts: picture, lane, marks, names: taskNames(story) };
  const arrivals = arrivalsOf(story, first);
  const lines = [headLine(diagram)];
  for (const index of shown) lines.push(row(diagram, arrivals, index));
  return lines.map((line) => {
    const fitting = shortened(line, width).trimEnd();
    return options.ascii ? plain(fitting) : fitting;
  });
}

/** How many columns a host has; less than the least if there is no room for a picture. */
function laneColumns(hosts: number, width: number): number {
  const share = (labels: number): number =>
    Math.floor((width - timeColumns - labels) / Math.max(1, hosts));
  const wide = Math.min(laneColumnsMax, share(labelColumns));
  return wide >= laneColumnsMin ? wide : Math.min(laneColumnsMin, share(labelColumnsMin));
}

interface Diagram {
  readonly story: Story;
  readonly hosts: readonly string[];
  readonly lane: number;
  readonly marks: Glyphs;
  readonly names: ReadonlyMap<number, string>;
}

/** The hosts that have to do with these events. */
function lanesOf({ events, moves }: Story, shown: readonly number[]): readonly string[] {
  const hosts = new Set<string>();
  for (const index of shown) {
    const host = events[index]?.host;
    if (host !== undefined) hosts.add(host);
  }
  for (const { active, from } of moves) if (active >= (shown[0] ?? 0)) hosts.add(from);
  return [...hosts].sort(compareHosts);
}

interface Arrivals {
  /** For events that something came from another event by: from which. */
  readonly messages: ReadonlyMap<number, number>;
  readonly moves: ReadonlyMap<number, MoveStory>;
}

function arrivalsOf(story: Story, first: number): Arrivals {
  const messages = new Map<number, number>();
  for (const message of story.messages) {
    const path = pathOf(message);
    for (const [at, index] of path.entries()) {
      const before = path[at - 1];
      if (before !== undefined && index >= first) messages.set(index, before);
    }
  }
  return { messages, moves: new Map(story.moves.map((move) => [move.active, move])) };
}

function headLine({ hosts, lane }: Diagram): string {
  const names = hosts.map((host) => host.padEnd(lane)).join("");
  return `${"ms".padStart(timeColumns - 2)}  ${names}`;
}

function row(diagram: Diagram, { messages, moves }: Arrivals, index: number): string {
  const event = diagram.story.events[index];
  if (!event) return "";
  const time = `${milliseconds(event.at).padStart(timeColumns - 2)}  `;
  const cells = columns(diagram, index);
  const move = moves.get(index);
  const sender = diagram.story.events[messages.get(index) ?? -1]?.host;
  const from = move?.from ?? sender;
  if (from !== undefined) drawArrow(diagram, cells, { from, to: event.host, isMove: !!move });
  put(diagram, cells, event.host, diagram.marks.event);
  return `${time}${cells.join("")}${describe(diagram, event, index, { sender, move })}`;
}

/** One character each: a line down for each host. */
function columns({ story, hosts, lane, marks }: Diagram, index: number): string[] {
  const cells = new Array<string>(hosts.length * lane).fill(" ");
  for (const [at, host] of hosts.entries()) {
    const isDown = story.outages.some((outage) => isIn(outage, host, index));
    const hasTask = story.tasks.some(({ stays }) => stays.some((stay) => isIn(stay, host, index)));
    cells[at * lane] = isDown ? marks.down : hasTask ? marks.task : marks.line;
  }
  return cells;
}

function isIn(
  span: { readonly host: string; readonly from: number; readonly to: number },
  host: string,
  index: number,
): boolean {
  return span.host === host && span.from <= index && index <= span.to;
}

function put({ hosts, lane }: Diagram, cells: string[], host: string, mark: string): void {
  const at = hosts.indexOf(host);
  if (at >= 0) cells[at * lane] = mark;
}

function drawArrow(
  { hosts, lane, marks }: Diagram,
  cells: string[],
  { from, to, isMove }: { readonly from: string; readonly to: string; readonly isMove: boolean },
): void {
  const [begin, end] = [hosts.indexOf(from), hosts.indexOf(to)];
  if (begin < 0 || end < 0 || begin === end) return;
  const [wire, cross] = isMove ? [marks.move, marks.moveCross] : [marks.wire, marks.cross];
  const [low, high] = [Math.min(begin, end) * lane, Math.max(begin, end) * lane];
  for (let at = low + 1; at < high; at++) cells[at] = at % lane === 0 ? cross : wire;
  const [toRight, toLeft] = isMove ? marks.moveBegin : marks.begin;
  cells[begin * lane] = begin < end ? toRight : toLeft;
  cells[begin < end ? high - 1 : low + 1] = begin < end ? marks.right : marks.left;
}

function describe(
  { story, hosts, names }: Diagram,
  event: TraceEvent,
  index: number,
  { sender, move }: { readonly sender: string | undefined; readonly move: MoveStory | undefined },
): string {
  const where = hosts.length === 0 ? `${event.host.padEnd(4)} ` : "";
  const task = names.get(story.pids[index] ?? 0);
  const whose = task === undefined ? "" : ` ${task}`;
  if (move) return `${where}${task ?? move.pid}: ${move.from} to ${move.to}`;
  if (event.name === "msg.enqueue") {
    const from = sender === undefined ? "" : ` from ${sender}`;
    return `${where}${textOf(event, "op")}${from}${whose}`;
  }
  if (event.name === "msg.send") {
    return `${where}${textOf(event, "op")} to ${textOf(event, "port")}${whose}`;
  }
  const ids = task === undefined ? event : { ...event, ids: withoutTask(event) };
  return `${where}${event.name}${whose} ${idsText(ids)}`.trimEnd();
}

/** What the task's name says already. */
function withoutTask({ ids }: TraceEvent): TraceEvent["ids"] {
  const named = ["pid", "tid", "job"];
  return Object.fromEntries(Object.entries(ids).filter(([name]) => !named.includes(name)));
}

/** For a terminal that shows ASCII only. */
function plain(line: string): string {
  return line.replaceAll("…", "~").replaceAll(/[^\x20-\x7e]/g, "?");
}
