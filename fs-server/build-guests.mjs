// Builds the guests' programs from fs-server/root/src into fs-server/root/bin, so that the same
// compiler gives the same bytes wherever the folder lies.
//
//   node fs-server/build-guests.mjs                the committed programs, and BUILT-WITH
//   node fs-server/build-guests.mjs --root DIR     the same from and into a copy of root/
//   node fs-server/build-guests.mjs --versions     prints what it would write into BUILT-WITH
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const COMPILER = "riscv64-linux-gnu-gcc";
const LINKER = "riscv64-linux-gnu-ld";

// No -g and no build id: both would hold the path of the folder.
const FLAGS = [
  ..."-std=gnu17 -O2 -march=rv64gc -mabi=lp64d".split(" "),
  ..."-static -nostdlib -ffreestanding -fno-pic -no-pie".split(" "),
  ..."-ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,--build-id=none -s".split(" "),
  ..."-Wall -Wextra -Werror".split(" "),
];

const { values: options } = parseArgs({
  options: { root: { type: "string" }, versions: { type: "boolean" } },
});
if (options.versions) process.stdout.write(versions());
else buildAll(options.root ?? fileURLToPath(new URL("root", import.meta.url)));

function buildAll(root) {
  const library = sourcesIn(join(root, "src/lib"));
  mkdirSync(join(root, "bin"), { recursive: true });
  for (const source of sourcesIn(join(root, "src"))) {
    const program = join(root, "bin", basename(source, ".c"));
    const include = `-I${join(root, "include")}`;
    execFileSync(COMPILER, [...FLAGS, include, ...library, source, "-o", program], {
      stdio: "inherit",
    });
  }
  writeFileSync(join(root, "BUILT-WITH"), versions());
}

// Sorted: the order of the parts decides the bytes of the whole.
function sourcesIn(folder) {
  const names = readdirSync(folder).filter((name) => /\.[cS]$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

function versions() {
  const firstLine = (tool) =>
    execFileSync(tool, ["--version"], { encoding: "utf8" }).split("\n", 1)[0];
  return `${firstLine(COMPILER)}\n${firstLine(LINKER)}\n`;
}
