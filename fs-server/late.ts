// Answers that wait for the disk: a record in the state, and a timer that names it.

import { must } from "../ports/base/index.ts";
import { files } from "../ports/index.ts";
import { sendPages } from "./pager-pages.ts";
import type { Late, Serving } from "./state.ts";

/** Gives the answer at that time; at once if the time has come. */
export function answerAt(serving: Serving, at: number, answer: Late): void {
  const { state, context } = serving;
  if (at <= context.now) {
    give(serving, answer);
    return;
  }
  const id = state.lateNext++;
  state.late.set(id, answer);
  context.timer(at, id);
}

export function onTimer(serving: Serving, id: unknown): void {
  const { late } = serving.state;
  const answer = must(late.get(id as number), "answer that a timer names");
  late.delete(id as number);
  give(serving, answer);
}

function give(serving: Serving, answer: Late): void {
  switch (answer.send) {
    case "data":
      serving.context.reply(answer.request, files.data, { error: 0, bytes: answer.bytes });
      break;
    case "pages":
      sendPages(serving, answer);
      break;
  }
}
