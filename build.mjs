// Builds dist/ from the sources. With --if-needed: only when a source is newer than what is there, so
// that `npx sojourn` in a clone, for which npm prepares the package again, starts at once.
//
//   asc   the hart, to wasm     tsc   everything else     rollup   what a worker loads, as one file

import { execSync } from "node:child_process";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const stamp = "dist/built";
const sources = ["ports", "kernel", "fs-server", "cluster", "shell", "test", "bench"];
const settings = ["package-lock.json", "tsconfig.json", "asconfig.json", "wasm.d.ts", "build.mjs"];
const steps = [
  "asc --config asconfig.json --target release",
  "tsc -p tsconfig.json",
  "rollup dist/cluster/worker-main.js --silent --format es --file dist/cluster/worker-host.js",
];

function builtAt() {
  try {
    return statSync(stamp).mtimeMs;
  } catch {
    return -Infinity;
  }
}

/** A folder's own time tells of files that were removed. */
function newestIn(folder) {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    if (path === join("fs-server", "root")) return -Infinity;
    return entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs;
  });
  return Math.max(statSync(folder).mtimeMs, ...times);
}

const newest = Math.max(
  ...sources.map(newestIn),
  ...settings.map((file) => statSync(file).mtimeMs),
);
if (!process.argv.includes("--if-needed") || newest > builtAt()) {
  rmSync("dist", { recursive: true, force: true });
  for (const step of steps) execSync(step, { stdio: "inherit" });
  writeFileSync(stamp, "");
}
