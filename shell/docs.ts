// Prints the references that come from tables into docs/: `npm run docs`. A test compares them, so
// that they cannot differ from the code.

import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type CallRow, kernelCalls, linuxCalls, strategies } from "../kernel/index.ts";
import { allOps } from "../ports/index.ts";
import { crashLines } from "./docs-crashes.ts";
import { shellIntro, shellPage } from "./docs-shell.ts";

/** Every generated page, by its path below the project. */
export function generatedDocs(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/linux-calls.md", linuxPage()],
    ["docs/kernel-calls.md", kernelPage()],
    ["docs/messages.md", messagesPage()],
    ["docs/strategies.md", strategiesPage()],
    [
      "docs/migration-crashes.md",
      page("Crashes in the middle of a move", crashIntro, crashLines()),
    ],
    ["docs/shell.md", page("The shell", shellIntro, shellPage())],
  ]);
}

const generated = "<!-- Printed by `npm run docs` from the tables in the code; edit those. -->";

function page(title: string, intro: string, lines: readonly string[]): string {
  return [generated, "", `# ${title}`, "", intro, "", ...lines, ""].join("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}

function linuxPage(): string {
  const intro =
    "Where a call is answered once its task has left its home: *local* by the host that it is on, " +
    "*server* by the server that has the file. A call that is not listed returns ENOSYS and is named " +
    "with its count in the summary of a run.";
  const cells = ({ number, name, support, disposition, doc }: CallRow): string[] => [
    String(number),
    `\`${name}\``,
    support,
    disposition,
    doc,
  ];
  const heads = ["number", "call", "support", "answered", "what it does"];
  return page("Linux calls", intro, table(heads, linuxCalls.map(cells)));
}

function kernelPage(): string {
  const intro =
    "Calls of our own, with negative numbers in `a7`. Arguments in `a0` to `a5`, result in `a0`. " +
    "Errors are negative errno values; those of the calls on ports are Mach's codes, 0 for success, " +
    "and what they write is laid out as in `<sojourn.h>` (`fs-server/root/include`), which has a C " +
    "function for each.";
  const rows = kernelCalls.map(({ number, name, doc }) => [String(number), `\`${name}\``, doc]);
  return page("Kernel calls", intro, table(["number", "call", "what it does"], rows));
}

function messagesPage(): string {
  const intro =
    "All messages between kernels, servers and the operator, in the order of their codes on the " +
    "cable. A message also carries an id, which an answer repeats, and may carry a reply right.";
  const rows = allOps().map((op) => [
    `0x${op.code.toString(16)}`,
    `\`${op.name}\``,
    Object.entries(op.body)
      .map(([field, kind]) => `${field}: ${kind}`)
      .join(", "),
    op.rights.join("; "),
    op.doc,
  ]);
  return page("Messages", intro, table(["code", "message", "body", "rights", "meaning"], rows));
}

function strategiesPage(): string {
  const intro = "How an address space can travel: `kernel/migrate/strategies/`, one file each.";
  const rows = strategies.map(({ name, doc }) => [`\`${name}\``, doc]);
  return page("Transfer strategies", intro, table(["strategy", "what it does"], rows));
}

const crashIntro =
  "What becomes of a task when a host crashes after a step of its move (strategy `eager-all`), by " +
  "the last event that has happened. Each cell is a run in `test/cluster/crash-matrix.test.ts`. Tasks " +
  "that move as one have one end: the cells around TRANSFER and COMMIT are run with two of them as well. If " +
  "pages stay behind, a task that runs at the target also needs those: the crash of the source then " +
  "ends it with a bus error when it touches one, as its ledger says.";

const isMain =
  process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href;
if (isMain) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  for (const [path, text] of generatedDocs()) writeFileSync(`${root}/${path}`, text);
}
