// Goal: `npm start` shows what it says it shows, ends by itself, and fails when its script does.
// Method: the real process without standard input; the player with a script that cannot hold.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { playScript } from "../../shell/demo-player.ts";
import { settingsDefault } from "../../shell/options.ts";

const demo = fileURLToPath(new URL("../../shell/demo.js", import.meta.url));
const secondsMax = 15;

test("demo: from start to end: travels unbroken, loses what was left behind, keeps what was not", (t) => {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.is(status, 0, stderr);
  t.true(performance.now() - started < secondsMax * 1000);
  t.is(stderr, "");
  const lines = stdout.split("\n");
  t.true(lines.length <= 72, `${lines.length} lines`);
  for (const line of lines) t.true(line.length <= 100, line);

  t.deepEqual(
    numbersOf(stdout),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  t.regex(
    stdout,
    /^%1 h1 -> h2 copy-on-reference: freeze [\d.]+ ms virtual, 0 pages moved, \d+ owed by h1$/m,
  );
  t.regex(
    stdout,
    /^%1 h2 -> h3 eager-all: freeze [\d.]+ ms virtual, \d+ pages moved, 0 owed by h2$/m,
  );
  t.regex(stdout, /freeze virtual/);
  t.regex(stdout, /residual dependency/);
  t.regex(stdout, /if h2 is lost: bus error at the next touch of \d+/);
  t.regex(stdout, /primes: bus error at 0x[0-9a-f]+: the page was owed by h2, which was lost/);
  t.regex(stdout, /1999993/);
  t.regex(stdout, /^8 expectations held/m);
});

/** What count wrote, put together from the lines that show it. */
function numbersOf(stdout: string): readonly number[] {
  const act = stdout.slice(0, stdout.indexOf("\n2. "));
  const written = act.match(/(?<=%1 wrote: )[\d ]+$/gm) ?? [];
  return written.join(" ").split(" ").map(Number);
}

test("demo: a script that does not hold: its status is not 0, and it stops there", async (t) => {
  const told: string[] = [];
  const text = "# told\ncount 3\nexpect status 0\nexpect status 1\ncount 9\n";
  const settings = { ...settingsDefault, driver: "inline" } as const;
  const result = await playScript(text, settings, (line) => told.push(line));
  t.deepEqual(result, { status: 1, expectationsHeld: 1 });
  t.deepEqual(told, [
    "told",
    "sojourn> count 3",
    "  %1 wrote: 1 2 3",
    "sojourn: expected status 1 of %1, got status 0",
  ]);
});
