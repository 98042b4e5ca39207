// `migrate --dry-run`: what would move, what would be left behind on which host, and what its loss
// would do, as sentences.

import type { Forecast } from "../../cluster/index.ts";
import { lossSentence } from "../../kernel/index.ts";

const fates = [
  ["copied", "would be copied while it runs, and again if it writes them"],
  ["sent", "would go during the freeze"],
  ["swapped", "would be in swap on fs"],
  ["left", "would stay here until they are touched or pushed"],
  ["refetched", "would come from the file server again"],
  ["fetched", "of these would be fetched from earlier hosts first"],
  ["owed", "would still be owed by earlier hosts"],
] as const;

export function forecastLines(head: string, forecast: Forecast): readonly string[] {
  const { refusal, residuals } = forecast;
  if (refusal !== null) return [`${head}: would be refused: ${refusal}`];
  const pages = fates
    .filter(([fate]) => forecast[fate] > 0)
    .map(([fate, text]) => `  ${forecast[fate]} page${forecast[fate] === 1 ? "" : "s"} ${text}`);
  const losses = residuals.map((entry) => `  ${lossSentence(entry)}`);
  const depends = residuals.length === 0 ? ["  it would depend on no other host"] : losses;
  return [`${head}: would move:`, ...pages, ...depends];
}
