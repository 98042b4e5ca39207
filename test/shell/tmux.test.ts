// Goal: the shell at a terminal, as a person has it: editing, completion, history, jobs, resizing,
// and a terminal that is left as it was found.
// Method: a real pseudo-terminal; the screen is read until it shows what is expected.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needs } from "../needs.ts";
import { openPane, type Pane, sojournCommand } from "./terminal/tmux.ts";

/** The prompt of an idle shell, with nothing typed, as the last line of the screen. */
const prompt = /sojourn h1 [\d.]+ (ns|us|ms|s)>$/;
const anyPrompt = /sojourn h1 [^\n>]*>$/;
const inTmux = needs("tmux");

/** Types a line, and waits for the prompt after what it is expected to show. */
async function line(pane: Pane, words: string, until: RegExp): Promise<string> {
  pane.type(`${words}<Enter>`);
  return pane.until(until);
}

inTmux("tmux: editing keys: the line that runs is the line that is seen", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  pane.type("ount 3<C-a>c<C-e><BSpace>2 3<M-b><C-w><M-d>");
  await pane.until(/> count $|> count$/m);
  pane.type("<C-y><C-u><C-y><C-_><C-y><BSpace><BSpace>");
  await pane.until(/> count 2/);
  const shown = await line(pane, "", /\n1\n2\nsojourn h1 [^\n]*>$/);
  t.regex(shown, /hosts stand ready/);
  pane.type("nonsense<C-c>");
  t.regex(await pane.until(/nonsense\^C\nsojourn h1 [^\n]*>$/), /nonsense/);
});

inTmux("tmux: Tab: completes verbs, programs and the guests' files, and lists", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  pane.type("cra<Tab>");
  await pane.until(/> crash$/m);
  pane.type("<Tab><Tab>");
  await pane.until(/\nfs +h1 +h2 +h3 +h4\n|\nh1 +h2 +h3 +h4 +fs\nsojourn .*> crash( h?)?$/);
  pane.type("<C-u>cat /etc/p<Tab>");
  await pane.until(/> cat \/etc\/passwd$|> cat \/etc\/p$/m);
  pane.type("<C-u>cat /b<Tab>cou<Tab>");
  await pane.until(/> cat \/bin\/count$/m);
  t.pass();
});

inTmux("tmux: history: kept for the next session, found by Ctrl-R and by the arrows", async (t) => {
  const pane = openPane(t, { command: "bash --norc" });
  const run = sojournCommand();
  pane.type(`${run}<Enter>`);
  await pane.until(prompt);
  await line(pane, "count 2", /\n2\nsojourn h1 [^\n]*>$/);
  await line(pane, " count 1", /> {2}count 1\n1\nsojourn h1 [^\n]*>$/);
  await line(pane, "echo one  two", /\none two\nsojourn h1 [^\n]*>$/);
  await line(pane, "exit", /exit\n.*sh\$$/);
  pane.type(`clear; ${run}<Enter>`);
  await pane.until(prompt);
  pane.type("<C-r>cou");
  await pane.until(/\(reverse-i-search\)'cou': count 2$/);
  pane.type("<C-g><Up><Up>");
  await pane.until(/> echo one {2}two$/);
  t.is(readFileSync(join(pane.folder, "history"), "utf8"), "count 2\necho one  two\nexit\n");
});

inTmux("tmux: job control: cat has the terminal, stops, goes on, and ends", async (t) => {
  const pane = openPane(t, { rows: 50 });
  await pane.until(prompt);
  await line(pane, "cat", />\s*cat$/);
  await line(pane, "hello", /\nhello\nhello$/);
  await line(pane, "paX<BSpace>r", /\npar\npar$/);
  pane.type("<C-z>");
  await pane.until(/%1 stopped \(SIGTSTP\) {2}cat\nsojourn h1 [^\n]* 1 stopped>$/);
  await line(pane, "fg", /fg\ncat$/);
  await line(pane, "again", /\nagain\nagain$/);
  pane.type("<C-d>");
  await pane.until(prompt);
  await line(pane, "cat &", /%1 cat\n/);
  await line(pane, "", anyPrompt);
  await line(pane, "", /%1 stopped \(SIGTTIN\) {2}cat\n/);
  await line(pane, "fg", /fg\ncat$/);
  pane.type("<C-c>");
  await pane.until(/\^C\n[^]*SIGINT[^]*sojourn h1 [^\n]*>$/);
  await line(pane, "count 1000000 1s", /\n1$/);
  pane.type("<C-z>");
  await pane.until(/stopped \(SIGTSTP\) {2}count 1000000 1s\n/);
  await line(pane, "bg", / 1 running>/);
  await line(pane, "kill %1", /> kill %1\n/);
  await line(pane, "wait", /SIGTERM/);
  t.regex(await line(pane, "echo $?", /echo \$\?\n\d+\n/), /sojourn h1/);
});

inTmux(
  "tmux: Ctrl-D: hands over a part of a line; on an empty line it ends the input",
  async (t) => {
    const pane = openPane(t);
    await pane.until(prompt);
    await line(pane, "cat", />\s*cat$/);
    pane.type("par<C-d>");
    await pane.until(/\nparpar$/);
    await line(pane, "t", /\nparpart\nt$/);
    pane.type("<C-d>");
    t.regex(await pane.until(prompt), /\nparpart\nt\nsojourn h1/);
  },
);

inTmux("tmux: typed ahead: what a program does not read is for the prompt", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  await line(pane, "count 3 900ms", /\n1(\n|$)/);
  pane.type("echo ahead<Enter>ech");
  await pane.until(/> echo ahead\n[^]*ahead\n[^]*> ech$/);
  t.pass();
});

inTmux("tmux: output while a line is typed: stands above it, line by line", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  await line(pane, "count 6 150ms &", /%1 count/);
  pane.type("echo lo");
  const shown = await pane.until(/\n6\n/);
  t.regex(shown, /\n1\n[^]*2\n3\n4\n5\n6\nsojourn h1 [^\n]*> echo lo$/);
  await line(pane, "ng", /\nlong\n/);
  t.regex(await line(pane, "", /%1 done {2}count 6 150ms/), /%1 done/);
});

inTmux(
  "tmux: resizing: a long line is wrapped anew, and nothing of it is lost or doubled",
  async (t) => {
    const pane = openPane(t, { columns: 60 });
    await pane.until(prompt);
    const words = "echo one two three four five six seven eight nine ten eleven twelve";
    pane.type(words);
    const joined = (shown: string): string => shown.split("\n").join("").replaceAll(" ", "");
    const wanted = words.replaceAll(" ", "");
    for (const columns of [30, 44, 100, 25]) {
      pane.resize(columns, 24);
      await pane.until(
        new RegExp(`twelve$|twelv\\s*e$|t\\s*welve$|tw\\s*elve|twe\\s*lve|twel\\s*ve`),
      );
      pane.type("x<BSpace>");
      const shown = await pane.settled();
      t.is(joined(shown).split(wanted).length, 2, `${columns} columns:\n${shown}`);
      t.is(shown.split("sojourn h1").length, 2, `${columns} columns:\n${shown}`);
    }
    await line(pane, "", /\none two three/);
  },
);

inTmux(
  "tmux: a block and a paste: more is asked for, and each newline has its place",
  async (t) => {
    const pane = openPane(t);
    await pane.until(prompt);
    await line(pane, "repeat 2", /> repeat 2\n>$/);
    await line(pane, "  echo a", /> {3}echo a\n>$/);
    await line(pane, "end", /\na\na\nsojourn h1 [^\n]*>$/);
    pane.paste("echo b\necho c\n");
    await pane.until(/> echo b\n> echo c\n>$/);
    await line(pane, "", /\nb\nc\nsojourn h1 [^\n]*>$/);
    t.pass();
  },
);

inTmux("tmux: top: paints hosts and tasks anew, until a key", async (t) => {
  const pane = openPane(t, { rows: 40 });
  await pane.until(prompt);
  await line(pane, "count 1000 20ms > /tmp/out &", /%1 count/);
  await line(pane, "top", /virtual.*: 5 hosts, 1 tasks\n/);
  const shown = await pane.until(/ later: 5 hosts, 1 tasks\n[^]*%1 +h1 [^]*count/);
  t.is(shown.split("5 hosts").length, 2);
  pane.type("q");
  await pane.until(anyPrompt);
});

inTmux(
  "tmux: before anything has happened: the hosts can be chosen, and time stands",
  async (t) => {
    const pane = openPane(t);
    await pane.until(prompt);
    await line(pane, "set hosts 2", /hosts 2\nsojourn h1 0 ns>$/);
    const shown = await line(pane, "hosts", /\nh2 [^]*sojourn h1 0 ns>$/);
    t.notRegex(shown, /\nh3 /);
    pane.type("migrate %1 h<Tab><Tab>");
    await pane.until(/\nh1 +h2\nsojourn [^\n]*> migrate %1 h$/);
  },
);

inTmux("tmux: a line that fails: says so in one line, and the next one runs", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  for (const [words, wrong] of mistakes) await line(pane, words, wrong);
  const shown = await line(pane, "echo still here", /\nstill here\nsojourn h1 [^\n]*>$/);
  t.regex(shown, /sojourn: /);
});

inTmux("tmux: paces: with step time stands at the prompt, and passes when it is let", async (t) => {
  const pane = openPane(t);
  await pane.until(prompt);
  await line(pane, "set pace step", anyPrompt);
  await line(pane, "count 5 1s &", /%1 count/);
  t.notRegex(await pane.settled(), /\n1\n/);
  await line(pane, "advance 2500ms", /\n1\n2\n3\nsojourn h1 2\.5 s 1 running>$/);
  await line(pane, "set pace full", /\n5\n/);
});

const mistakes: readonly (readonly [string, RegExp])[] = [
  ["mgrate %1 h2", /\nsojourn: [^>]*do you mean "migrate"[^>]*\nsojourn h1 0 ns>$/],
  ["wait %4", /\nsojourn: [^>]*no such job: %4\nsojourn h1 [^\n]*>$/],
  ["crash h9", /\nsojourn: [^>]*h9[^>]*\nsojourn h1 [^\n]*>$/],
  ["save /nowhere/at/all.soj", /\nsojourn: [^>]*\/nowhere\/at\/all\.soj[^>]*\nsojourn h1 [^\n]*>$/],
  ["source nowhere.sojourn", /\nsojourn: [^>]*nowhere\.sojourn[^>]*\nsojourn h1 [^\n]*>$/],
  ["echo )", /\nsojourn: [^>]*\nsojourn h1 [^\n]*>$/],
];

const endings: readonly (readonly [string, (pane: Pane) => void, number])[] = [
  ["exit", (pane) => pane.type("exit 3<Enter>"), 3],
  ["Ctrl-D", (pane) => pane.type("<C-d>"), 0],
  ["SIGTERM", (pane) => process.kill(pidOf(pane), "SIGTERM"), 143],
  ["SIGHUP", (pane) => process.kill(pidOf(pane), "SIGHUP"), 129],
];

function pidOf(pane: Pane): number {
  return Number(readFileSync(join(pane.folder, "pid"), "utf8"));
}

inTmux("tmux: however it ends: the terminal is as it was", async (t) => {
  const pane = openPane(t, { command: "bash --norc" });
  const script = `stty -g >before; (echo $BASHPID >pid; exec ${sojournCommand()}); echo "left $?"; stty -g >after`;
  writeFileSync(join(pane.folder, "run"), script);
  for (const [how, end, status] of endings) {
    pane.type("clear; . ./run<Enter>");
    await pane.until(prompt);
    // With something typed, which is not for the next shell.
    if (how.startsWith("SIG")) pane.type("half a line");
    if (how.startsWith("SIG")) await pane.until(/half a line$/);
    end(pane);
    const shown = await pane.until(/left \d+\n.*sh\$$/);
    t.regex(shown, new RegExp(`left ${status}\\n`), how);
    pane.type("echo $((6*7))<Enter>");
    await pane.until(/\n42\n.*sh\$$/);
    const [before, after] = ["before", "after"].map((name) =>
      readFileSync(join(pane.folder, name), "utf8"),
    );
    t.is(after, before, how);
  }
});

/** CPU time of a process so far, in ticks of 10 ms. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

inTmux("tmux: an idle prompt: costs next to nothing", async (t) => {
  const pane = openPane(t, { command: sojournCommand("") });
  await pane.until(prompt);
  await line(pane, "set pace full", /full\n/);
  await line(pane, "count 1", /\n1\nsojourn h1 [^\n]*>$/);
  // It may be busy at first: what is asked for is that it comes to rest.
  for (let round = 0; ; round++) {
    const before = ticksOf(pane.pid);
    await new Promise((resolve) => {
      setTimeout(resolve, 1_000);
    });
    const used = ticksOf(pane.pid) - before;
    if (used <= 5) break;
    t.true(round < 20, `${used * 10} ms of CPU in a second`);
  }
  t.pass();
});
