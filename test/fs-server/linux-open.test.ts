// Opening compared with a real Linux: every path with every set of flags, to the errno or the path
// of what was opened.

import test from "ava";
import type { Planted } from "./bench.ts";
import { serve, tryOpen } from "./files.ts";
import { columns, links, rows } from "./linux-open-recorded.ts";

const planted: Record<string, Planted> = {
  "/bin/echo": { program: "ELF" },
  "/etc/motd": "hello\n",
};
for (const [name, link] of Object.entries(links)) planted[`/etc/${name}`] = { link };

for (const [written, answers] of rows) {
  test(`open: ${written === "" ? "no path" : written}: as Linux, with all flags`, (t) => {
    const path = written.replace("LONG", "n".repeat(256)).replace("DOTS", "./".repeat(2048));
    const expected = answers.split(" ").flatMap(repeated);
    t.is(expected.length, columns.length);
    columns.forEach(([column, flags], at) => {
      const opened = tryOpen(serve(planted), path, { flags });
      const got = opened.error === 0 ? opened.path : `${opened.error}`;
      t.is(got, expected[at] ?? "nothing recorded", column);
    });
  });
}

function repeated(item: string): string[] {
  const [value = "", count = "1"] = item.split("*");
  return Array.from({ length: Number(count) }, () => value);
}
