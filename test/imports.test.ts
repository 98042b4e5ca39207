// Goal: the direction of imports is the house's load-bearing wall; no folder looks up, none in a ring.
// Method: read the import lines of every source file and compare them with the table of layers.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["ports", "kernel", "fs-server", "cluster", "shell", "test", "bench"] as const;

/** What each folder may import besides itself. */
const below: Readonly<Record<string, readonly string[]>> = {
  ports: [],
  kernel: ["ports"],
  "fs-server": ["ports"],
  cluster: ["ports", "kernel", "fs-server"],
  shell: ["ports", "kernel", "fs-server", "cluster"],
  test: ["ports", "kernel", "fs-server", "cluster", "shell", "bench"],
  bench: ["ports", "kernel", "fs-server", "cluster", "shell"],
};

/** Inside the kernel, from the bottom up; a part may import those before it. */
const kernelLayers = ["machine", "vm", "task", "trap", "migrate"] as const;

/** Words that bring a clock, chance, or waiting into the core, where time comes as an argument. */
const banned =
  /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b|\basync\b|\bawait\b|\bPromise\b|from "node:/;

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(
      (file) => !file.startsWith("kernel/machine/hart/") && !file.startsWith("fs-server/root"),
    );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import) "(\.[^"]+)"/g)].map(([, path]) => ({
    file,
    target: relative(root, resolve(dirname(join(root, file)), path as string)),
  }));
}

const allFiles = folders.flatMap(sources);
const allImports = allFiles.flatMap(importsOf);
const folderOf = (path: string): string => path.split("/")[0] as string;

test("imports: there is something to check: files and imports are found", (t) => {
  t.true(allFiles.length > 100);
  t.true(allImports.length > 400);
});

test("imports: between folders: they point down", (t) => {
  const wrong = allImports.filter(({ file, target }) => {
    const from = folderOf(file);
    return folderOf(target) !== from && !below[from]?.includes(folderOf(target));
  });
  t.deepEqual(wrong, []);
});

test("imports: inside the kernel: machine, vm, task, then trap, migrate, then the host", (t) => {
  const layer = (path: string): number => {
    const part = path.split("/")[1] as (typeof kernelLayers)[number];
    const at = kernelLayers.indexOf(part);
    return at < 0 ? kernelLayers.length : at;
  };
  const wrong = allImports.filter(
    ({ file, target }) =>
      folderOf(file) === "kernel" && folderOf(target) === "kernel" && layer(target) > layer(file),
  );
  t.deepEqual(wrong, []);
});

test("imports: between files: there is no ring", (t) => {
  const next = new Map<string, string[]>();
  for (const { file, target } of allImports) {
    next.set(file, [...(next.get(file) ?? []), target]);
  }
  const state = new Map<string, "open" | "done">();
  const rings: string[][] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      rings.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    state.set(file, "open");
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of allFiles) visit(file, []);
  t.deepEqual(rings, []);
});

test("imports: another folder is entered by its index, but for the base of ports", (t) => {
  const wrong = allImports.filter(({ file, target }) => {
    const from = folderOf(file);
    const to = folderOf(target);
    if (from === to || from === "test" || from === "bench") return false;
    return !/^[a-z-]+\/index\.ts$/.test(target) && target !== "ports/base/index.ts";
  });
  t.deepEqual(wrong, []);
});

test("imports: the core has no clock, no chance, and does not wait", (t) => {
  const core = allFiles.filter((file) => ["ports", "kernel", "fs-server"].includes(folderOf(file)));
  const wrong = core.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .map((line, index) => ({ where: `${file}:${index + 1}`, line }))
      .filter(({ line }) => banned.test(line.replace(/\/\/.*$|^\s*\*.*$|\/\*\*.*\*\//, ""))),
  );
  t.deepEqual(wrong, []);
});
