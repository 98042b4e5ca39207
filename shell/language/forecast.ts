// `migrate --dry-run`: what would move, what would be left behind on which host, and what its loss
// would do, as sentences.

import type { Forecast } from "../../cluster/index.ts";
import { lossSentence, refusalText } from "../../kernel/index.ts";

type Member = Forecast["unit"][number];

const fates = [
  ["copied", "would be copied while it runs, and again if it writes them"],
  ["sent", "would go during the freeze"],
  ["swapped", "would be in swap on fs"],
  ["left", "would stay here until they are touched or pushed"],
  ["refetched", "would come from the file server again"],
  ["served", "would be asked for again of the task that is their pager"],
  ["fetched", "of these would be fetched from earlier hosts first"],
  ["owed", "would still be owed by earlier hosts"],
] as const;

export function forecastLines(head: string, forecast: Forecast): readonly string[] {
  const { refusals, unit } = forecast;
  if (refusals.length > 0) {
    return refusals.map((refusal) => `${head}: would be refused: ${refusalText(refusal)}`);
  }
  const pages = fates
    .filter(([fate]) => forecast[fate] > 0)
    .map(([fate, text]) => `  ${forecast[fate]} page${forecast[fate] === 1 ? "" : "s"} ${text}`);
  const alone = unit.length === 1;
  const tasks = alone ? "" : ` ${unit.length} tasks`;
  return [
    `${head}: would move${tasks}:`,
    ...pages,
    ...unit.flatMap((one) => lossLines(one, alone)),
  ];
}

/** On whom a task would depend; if several move, under its name. */
function lossLines(member: Member, alone: boolean): string[] {
  const { pid, program, residuals, postponed } = member;
  const waits = postponed === "" ? [] : [`when its ${postponed} is done`];
  const losses = residuals.map(lossSentence);
  const depends = losses.length === 0 ? ["it would depend on no other host"] : losses;
  if (alone) return [...waits, ...depends].map((line) => `  ${line}`);
  return [`  ${pid} ${program}:`, ...[...waits, ...depends].map((line) => `    ${line}`)];
}
