// Where keys go, and who lets time pass: the prompt, the line that runs, or `top`.
//
//   prompt ──line accepted──▶ busy ──nextLine──▶ prompt
//     time runs freely         │ ▲   time runs for the line, by the same pace
//                              ▼ │
//                             live: a key is waited for while time runs freely
//
// At the prompt keys are taken one after the other: Tab has to make the cluster stand still first.

import type { Cluster } from "../../cluster/index.ts";
import { signals } from "../../kernel/index.ts";
import { complete } from "../completion/index.ts";
import { type Job, stateOf } from "../language/jobs.ts";
import { parseScript } from "../language/parse.ts";
import { type LiveTerminal, type Pacer, Session } from "../language/session.ts";
import type { Settings } from "../options.ts";
import { type DisciplineEffect, signalOf } from "./discipline.ts";
import { createEditor, type Editor, editorStep, type Effect, type Questions } from "./editor.ts";
import { FreeRun } from "./free-run.ts";
import type { History } from "./history.ts";
import type { Key } from "./key.ts";
import { inColumns, layout } from "./layout.ts";
import { News } from "./news.ts";
import { Paces } from "../pace.ts";
import { promptText, type Standing } from "./prompt.ts";
import { seenWorld } from "./seen-world.ts";
import type { Area, Screen } from "./screen.ts";
import type { Listener } from "./terminal.ts";
import { TypedAhead } from "./typed-ahead.ts";
import { cutText } from "./width.ts";

export interface DeskOptions {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly print: (line: string) => void;
  readonly boot: (settings: Settings) => Promise<Cluster>;
  readonly screen: Screen;
  readonly history: History;
}

/** More possibilities than this are not all shown. */
const itemsMax = 200;
/** Keys that end what is painted live. */
const leaveKeys = ["C-c", "C-d", "return", "enter", "escape"];

export class Desk implements Listener, Pacer, LiveTerminal {
  readonly session: Session;
  readonly #screen: Screen;
  readonly #history: History;
  readonly #news: News;
  readonly #paces: Paces;
  readonly #free: FreeRun;
  readonly #ahead: TypedAhead;
  #editor: Editor = createEditor([]);
  /** What the prompt says. */
  #standing: Standing;
  /** Keys for the prompt that have not been looked at. */
  #keys: Key[] = [];
  #pumping = false;
  /** Who waits for a line; null while one runs. */
  #wants: ((text: string | null) => void) | null = null;
  /** Who waits for a key that leaves what is painted live. */
  #left: (() => void) | null = null;
  #frame: readonly string[] = [];
  /** The job that the line has had in the foreground. */
  #front: Job | null = null;
  #closed = false;

  constructor({ cluster, settings, print, boot, screen, history }: DeskOptions) {
    this.#screen = screen;
    this.#history = history;
    const talk = print;
    this.session = new Session({
      ...{ cluster, settings, print, talk, boot },
      interactive: true,
      pacer: this,
      live: this,
    });
    this.#paces = new Paces(() => this.session.pace);
    const grant = (now: number): Promise<number> => this.#paces.grant(now);
    this.#free = new FreeRun(this.session, grant, () => this.#refresh());
    this.#ahead = new TypedAhead(this.session, (effect) => this.#onTyped(effect));
    this.#news = new News(this.session);
    this.#standing = this.#standingNow();
  }

  /** What there is so far is no news. */
  prepared(): void {
    this.#news.seenAll();
  }

  /** The next line; null at the end. */
  nextLine(): Promise<string | null> {
    if (this.#front) this.#news.seen(this.#front);
    this.#front = null;
    this.#begin();
    if (this.#closed) return Promise.resolve(null);
    this.#screen.paint(this.#line);
    return new Promise((resolve) => {
      this.#wants = resolve;
      this.#keys = [...this.#ahead.takeAll()];
      this.#free.start();
      void this.#pump();
    });
  }

  /** A new line, after what there is to say. */
  #begin(): void {
    this.#news.tell();
    this.#editor = createEditor(this.#history.lines, this.#editor.killed);
    this.#standing = this.#standingNow();
  }

  /** Whatever is under way is given up, and there is no next line. */
  close(): void {
    this.#closed = true;
    this.#left?.();
    if (this.#wants) void this.#end(null);
    else {
      // The first is for the program in front, the second for the line.
      this.session.interrupt();
      this.session.interrupt();
    }
  }

  key(key: Key): void {
    if (this.#left) {
      if (leaveKeys.includes(key.chord) || key.text === "q") this.#left();
    } else if (this.#wants) {
      this.#keys.push(key);
      void this.#pump();
    } else if (this.session.foreground?.terminal) {
      this.#ahead.key(key);
    } else {
      this.#keyForLine(key);
    }
  }

  /** A line runs, and no program reads the terminal. */
  #keyForLine(key: Key): void {
    const signal = signalOf(key);
    if (!signal) return this.#ahead.key(key);
    if (signal.signal !== "SIGINT" && !this.session.foreground) return;
    this.#onTyped({ do: "echo", text: signal.echo });
    this.#onTyped({ do: "signal", signal: signal.signal });
  }

  resized(): void {
    this.#screen.resized();
  }

  ended(): void {
    this.close();
  }

  /** How far a line that waits may let time go. */
  async grant(now: number): Promise<number> {
    this.#front = this.session.foreground ?? this.#front;
    this.#ahead.deliver();
    return this.#paces.grant(now);
  }

  get columns(): number {
    return this.#screen.size.columns;
  }

  get rows(): number {
    return this.#screen.size.rows;
  }

  paint(lines: readonly string[]): void {
    this.#frame = lines;
    this.#screen.paint(this.#picture);
  }

  /** Lets time run for so many real ms, or until a key says that it is enough. */
  async tick(ms: number): Promise<"tick" | "key"> {
    if (this.#closed) return "key";
    const pressed = new Promise<"key">((resolve) => {
      this.#left = () => resolve("key");
    });
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<"tick">((resolve) => {
      timer = setTimeout(() => resolve("tick"), ms);
    });
    this.#free.start();
    const which = await Promise.race([pressed, passed]);
    clearTimeout(timer);
    this.#left = null;
    await this.#free.stop();
    return which;
  }

  leave(): void {
    this.#screen.finish(this.#picture);
  }

  readonly #line: Area = ({ columns }) => layout(this.#editor, promptText(this.#standing), columns);

  readonly #picture: Area = ({ columns, rows }) => {
    const lines = this.#frame.slice(0, rows - 1);
    const cells = lines.map((line) => ({ text: cutText(line, columns - 1), full: false }));
    return { rows: cells, row: Math.max(0, cells.length - 1), column: 0 };
  };

  /** What is out of the ordinary is shown when it changes; the time when the line is accepted. */
  #refresh(): void {
    if (!this.#wants || this.#left) return;
    const standing = this.#standingNow();
    if (promptText({ ...standing, now: this.#standing.now }) === promptText(this.#standing)) return;
    this.#standing = standing;
    this.#screen.paint(this.#line);
  }

  #standingNow(): Standing {
    const { cluster, jobs, settings } = this.session;
    const states = jobs.running.map(stateOf);
    const { hostsDown, hostsPaused } = cluster.observed;
    const names = ["fs", ...Array.from({ length: cluster.hosts }, (_, index) => `h${index + 1}`)];
    return {
      on: settings.on,
      now: cluster.now,
      running: states.filter((state) => state === "running").length,
      stopped: states.filter((state) => state === "stopped").length,
      hosts: names.flatMap((host, id) => {
        if (hostsDown[id]) return [{ host, state: "down" }];
        return hostsPaused[id] ? [{ host, state: "paused" }] : [];
      }),
    };
  }

  /** Takes the keys one after the other, until the line is accepted or there are none. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#wants) {
      const key = this.#keys.shift();
      if (!key) break;
      await this.#take(key);
    }
    this.#pumping = false;
  }

  async #take(key: Key): Promise<void> {
    const asks = key.chord === "tab" && this.#editor.pasting === null;
    if (asks) await this.#free.stop();
    const { editor, effects } = editorStep(this.#editor, key, this.#questions);
    this.#editor = editor;
    if (asks) this.#free.start();
    for (const effect of effects) await this.#carryOut(effect);
    // What comes together is painted together.
    if (this.#wants && (this.#keys.length === 0 || asks)) this.#screen.paint(this.#line);
  }

  readonly #questions: Questions = {
    isOpen: (text) => "incomplete" in parseScript(text),
    complete: (text, cursor) => complete(text, cursor, seenWorld(this.session)),
  };

  async #carryOut(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "accept":
        this.#history.add(effect.text);
        return this.#end(effect.text);
      case "leave":
        return this.#end(null);
      case "drop":
        return this.#drop();
      case "clear-screen":
        return this.#screen.clear();
      case "bell":
        return this.#screen.bell();
      case "list":
        return this.#list(effect.items);
    }
  }

  #list(items: readonly string[]): void {
    const more = items.length - itemsMax;
    for (const line of inColumns(items.slice(0, itemsMax), this.columns)) this.#screen.print(line);
    if (more > 0) this.#screen.print(`… and ${more} more`);
  }

  /** Ctrl-C: the line stays to be seen, and a new one begins. */
  #drop(): void {
    const text = [...this.#editor.text, "^", "C"];
    const search = null;
    this.#editor = { ...this.#editor, text, cursor: text.length, search };
    this.#screen.finish(this.#line);
    this.#begin();
  }

  /**
   * The prompt is over: it stays to be seen with the time at which the line was accepted. Whoever
   * waits for the line finds the cluster standing still.
   */
  async #end(text: string | null): Promise<void> {
    const wants = this.#wants;
    this.#wants = null;
    const cursor = this.#editor.text.length;
    this.#editor = { ...this.#editor, cursor, search: null };
    await this.#free.stop();
    this.#standing = this.#standingNow();
    this.#screen.finish(this.#line);
    for (const key of this.#keys.splice(0)) this.key(key);
    wants?.(text);
  }

  #onTyped(effect: DisciplineEffect): void {
    if (effect.do === "echo") this.#screen.write(Buffer.from(effect.text));
    if (effect.do !== "signal") return;
    this.#ahead.forget();
    this.session.signalForeground(signals[effect.signal]);
  }
}
