// Goal: the line of a terminal in front of which a program sits, as Unix has it.

import test from "ava";
import { disciplineStep, nothingHeld } from "../../../shell/terminal/discipline.ts";
import { keys } from "./keys.ts";

/** What is seen, and what goes to the program. */
function typed(words: string): { readonly echo: string; readonly sent: readonly string[] } {
  let discipline = nothingHeld;
  let echo = "";
  const sent: string[] = [];
  for (const key of keys(words)) {
    const step = disciplineStep(discipline, key);
    discipline = step.discipline;
    for (const effect of step.effects) {
      if (effect.do === "echo") echo += effect.text;
      if (effect.do === "send") sent.push(effect.text + (effect.end ? "$" : ""));
      if (effect.do === "signal") sent.push(effect.signal);
    }
  }
  return { echo, sent };
}

test("discipline: Enter: the line goes as a whole", (t) => {
  t.deepEqual(typed("hi<return>you<return>"), { echo: "hi\nyou\n", sent: ["hi\n", "you\n"] });
  t.deepEqual(typed("hi"), { echo: "hi", sent: [] });
});

test("discipline: Backspace, Ctrl-W, Ctrl-U: taken back, on the screen too", (t) => {
  t.deepEqual(typed("hx<backspace>i<return>"), { echo: "hx\b \bi\n", sent: ["hi\n"] });
  t.deepEqual(typed("你<C-h>a<return>"), { echo: "你\b \b\b \ba\n", sent: ["a\n"] });
  t.deepEqual(typed("one two<C-w>x<return>").sent, ["one x\n"]);
  t.deepEqual(typed("one two<C-u>x<return>").sent, ["x\n"]);
  t.deepEqual(typed("<backspace><C-w><C-u><return>"), { echo: "\n", sent: ["\n"] });
});

test("discipline: Ctrl-D: what is held goes; where nothing is held, the end of the input", (t) => {
  t.deepEqual(typed("ab<C-d><C-d>").sent, ["ab", "$"]);
  t.deepEqual(typed("<C-d>").sent, ["$"]);
});

test("discipline: Ctrl-C, Ctrl-Z, Ctrl-\\: a signal, and what was held is gone", (t) => {
  t.deepEqual(typed("ab<C-c>x<return>"), { echo: "ab^C\nx\n", sent: ["SIGINT", "x\n"] });
  t.deepEqual(typed("<C-z>").sent, ["SIGTSTP"]);
  const quit = disciplineStep(nothingHeld, { chord: "C-\\", text: "", sequence: "\x1c" });
  t.like(quit.effects[1], { do: "signal", signal: "SIGQUIT" });
});

test("discipline: keys that mean nothing here: their bytes are the program's", (t) => {
  const up = { chord: "up", text: "", sequence: "\x1b[A" };
  const { discipline, effects } = disciplineStep(nothingHeld, up);
  t.is(discipline.held.join(""), "\x1b[A");
  t.deepEqual(effects, [{ do: "echo", text: "^[[A" }]);
});
