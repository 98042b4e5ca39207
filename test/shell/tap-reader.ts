// Reads a report in TAP 14, as strictly as its grammar: for tests. Throws at the first wrong line.

export interface TapTest {
  readonly ok: boolean;
  readonly name: string;
  readonly diagnostics: Readonly<Record<string, string | number>>;
}

export interface Tap {
  readonly plan: number;
  readonly tests: readonly TapTest[];
  readonly comments: readonly string[];
}

export function readTap(text: string): Tap {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.slice(0, -1).split("\n");
  if (lines.shift() !== "TAP version 14") throw new Error("no version");
  const plan = Number(/^1\.\.(\d+)$/.exec(lines.shift() ?? "")?.[1] ?? NaN);
  const tests: TapTest[] = [];
  const comments: string[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line.startsWith("#")) {
      comments.push(line.replace(/^# ?/, ""));
      continue;
    }
    const found = /^(not )?ok (\d+) - (.*)$/.exec(line);
    if (!found) throw new Error(`no line of TAP: ${line}`);
    if (Number(found[2]) !== tests.length + 1) throw new Error(`numbered wrong: ${line}`);
    const name = (found[3] ?? "").replace(/\\([\\#])/g, "$1");
    tests.push({ ok: found[1] === undefined, name, diagnostics: readDiagnostics(lines) });
  }
  if (tests.length !== plan) throw new Error(`planned ${plan}, got ${tests.length}`);
  return { plan, tests, comments };
}

/** Takes the YAML block that follows, if there is one. Its values are numbers, words or JSON strings. */
function readDiagnostics(lines: string[]): Record<string, string | number> {
  const read: Record<string, string | number> = {};
  if (lines[0] !== "  ---") return read;
  lines.shift();
  for (let line = lines.shift(); line !== "  ..."; line = lines.shift()) {
    const found = /^ {2}([a-z]+): (.+)$/.exec(line ?? "");
    if (!found) throw new Error(`no line of a block: ${line}`);
    const [, key = "", value = ""] = found;
    read[key] = /^(["\d])/.test(value) ? (JSON.parse(value) as string | number) : value;
  }
  return read;
}
