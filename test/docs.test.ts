// Goal: the documentation says what the code does. Method: generated pages are printed again and
// compared; references of the form `file:/pattern/` must match exactly one line; every event of the
// trace stands in docs/trace.md, and is written exactly once in the code.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { generatedDocs } from "../shell/docs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

function files(folder: string, end: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => join(entry.parentPath, entry.name));
}

const pages = [join(root, "README.md"), ...files("docs", ".md")];

for (const [path, text] of generatedDocs()) {
  test(`docs: ${path}: is what npm run docs prints`, (t) => {
    t.is(read(path), text);
  });
}

test("docs: references to code: each pattern matches exactly one line", (t) => {
  let count = 0;
  for (const page of pages) {
    for (const [, file, pattern] of readFileSync(page, "utf8").matchAll(
      /`([a-z-]+(?:\/[a-z-]+)+\.ts):\/([^`]+)\/`/g,
    )) {
      count++;
      const lines = read(file as string)
        .split("\n")
        .filter((line) => new RegExp(pattern as string).test(line));
      t.is(lines.length, 1, `${page}: ${file}:/${pattern}/ matches ${lines.length} lines`);
    }
  }
  t.true(count >= 12, `${count} references were checked`);
});

test("docs: links between pages: their targets exist", (t) => {
  for (const page of pages) {
    for (const [, target] of readFileSync(page, "utf8").matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const path = join(page, "..", target as string);
      t.notThrows(() => readdirSync(join(path, "..")), `${page} links to ${target}`);
      t.true(
        readdirSync(join(path, "..")).includes(path.split("/").at(-1) as string),
        `${page} links to ${target}`,
      );
    }
  }
});

const sources = ["ports", "kernel", "fs-server", "cluster"]
  .flatMap((folder) => files(folder, ".ts"))
  .filter((file) => !file.includes("/hart/"));

/** Names in `emit("…")`, and in notes of the link: `note({ event: "…"`. */
function emitted(): string[] {
  return sources.flatMap((file) =>
    [
      ...readFileSync(file, "utf8").matchAll(
        /(?:emit\(\s*|#emit\(\s*|note\(\{\s*event: )"([a-z]+\.[a-z-]+)"/g,
      ),
    ].map(([, name]) => name as string),
  );
}

test("docs: events: each is written exactly once in the code", (t) => {
  const names = emitted();
  t.true(names.length > 50);
  t.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test("docs: events: docs/trace.md lists them all, and no other", (t) => {
  const listed = [...read("docs/trace.md").matchAll(/^\| `([a-z]+\.[a-z-]+)`/gm)].map(
    ([, name]) => name as string,
  );
  t.deepEqual(listed.toSorted(), emitted().toSorted());
});
