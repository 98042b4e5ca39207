// Which sojourn this is: recordings of another one are refused.

import { readFileSync } from "node:fs";

export function sojournVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
