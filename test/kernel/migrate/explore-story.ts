// A path through the exploration, told step by step: who did what, and what changed by it.

import type { Copy, Happening, Letter, Local } from "./explore-state.ts";
import type { PathStep, Violation } from "./explore-search.ts";
import { wordOf, type Worlds } from "./explore-world.ts";

/** The whole story, one line a step; the last line says what is wrong. */
export function storyOf({ what, path, worlds }: Violation): string[] {
  const lines = path.map(
    (step, index) => `${String(index + 1).padStart(3)}. ${tell(worlds, step)}`,
  );
  return [...lines, `     ${what}`];
}

function tell(worlds: Worlds, step: PathStep): string {
  const { action } = step;
  const effects = changes(worlds, step);
  const tail = effects.length > 0 ? `: ${effects.join("; ")}` : "";
  switch (action.do) {
    case "deliver": {
      const letter = worlds.letter(action.letter);
      const again = action.again ? " (which will come once more)" : "";
      const no = letter.body.what === "image" ? ", and has no room" : ", and copies once more";
      const room = action.room ? "" : no;
      const from = letter.from === letter.to ? "itself" : `h${letter.from}`;
      return `h${letter.to} gets ${textOf(letter)} from ${from}${again}${room}${tail}`;
    }
    case "crash": {
      const words = action.lost.map((number) => {
        const letter = worlds.letter(number);
        return `${textOf(letter)} to h${letter.to}`;
      });
      const lost = words.length > 0 ? `, and what the cable lost is gone: ${words.join(", ")}` : "";
      return `h${action.host} crashes${lost}${tail}`;
    }
    case "happen":
      return `${tellHappening(action.host, action.happening)}${tail}`;
  }
}

function tellHappening(host: number, happening: Happening): string {
  switch (happening.on) {
    case "order":
      return `h${host} is told to move the task to h${happening.to}`;
    case "tick":
      return `h${host} has waited long enough for ${happening.move}`;
    case "learns":
      return `h${host} learns that h${happening.dead} has died`;
    case "told":
      return `h${host} is told by the operator that h${happening.declared} is dead for good`;
    case "disowned":
      return `h${host} hears that h${happening.by} holds it for dead`;
    case "touch":
      return `the task on h${host} touches a page that h${happening.owed} keeps`;
    case "exit":
      return `${happening.task === 0 ? "the task" : "the other task"} on h${host} ends by itself`;
    case "restart":
      return `h${host} restarts`;
    case "declared":
      return `the operator declares h${host} dead`;
    case "crash":
    case "letter":
      return `h${host}: ${happening.on}`;
  }
}

function textOf({ body }: Letter): string {
  const move = "move" in body ? ` of ${body.move}` : "";
  return `${wordOf(body)}${move}`;
}

function changes(worlds: Worlds, { before, after }: PathStep): string[] {
  const old = worlds.localsOf(before);
  const now = worlds.localsOf(after);
  const local = now.flatMap((one, index) => localChanges(old[index] as Local, one));
  const known = new Set(worlds.lettersOf(before));
  const sent = worlds.lettersOf(after).filter((letter) => !known.has(letter));
  const words = sent.map((letter) => `${textOf(letter)} to h${letter.to}`);
  return [...local, ...(words.length > 0 ? [`sends ${words.join(", ")}`] : [])];
}

function localChanges(old: Local, now: Local): string[] {
  const found: string[] = [];
  const name = `h${now.host}`;
  now.copies.forEach((copy, task) => {
    const was = old.copies[task] ?? null;
    if (was?.state !== copy?.state) found.push(`its ${copyName(task)} ${doing(was, copy)}`);
  });
  for (const [move, { state }] of Object.entries(now.arrivals)) {
    const was = old.arrivals[move]?.state.at;
    if (was !== state.at) found.push(`its arrival is ${state.at}`);
  }
  for (const move of Object.keys(old.arrivals)) {
    if (!now.arrivals[move] && now.up && !now.copies[0]) found.push("its arrival is dropped");
  }
  now.records?.forEach(({ owner, epoch, state }, task) => {
    const was = old.records?.[task];
    const what = task === 0 ? "the task" : "the other task";
    if (state === "ended" && was?.state !== "ended") {
      found.push(`${name} writes that ${what} has ended`);
    } else if (epoch !== was?.epoch && state !== "ended") {
      found.push(`${name} writes that h${owner} owns ${what}, epoch ${epoch}`);
    }
  });
  return found;
}

const copyName = (task: number): string => (task === 0 ? "copy" : "other copy");

function doing(old: Copy | null, now: Copy | null): string {
  if (!now) return "is gone";
  if (now.state === "frozen") return "stands still";
  return old ? "runs again" : "runs";
}
