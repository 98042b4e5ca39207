// `sojourn compare`: one task moved once by each strategy, and what that cost whom.

import { strategies } from "../../kernel/index.ts";
import { exitStatus, say } from "../exit-status.ts";
import { writeOutput } from "../run-output.ts";
import { formatCount, formatDuration, formatSize } from "../units.ts";
import { type Column, formatTable } from "../view-table.ts";
import { readCompareOptions } from "./options.ts";
import { runStrategy, type StrategyMeasures, type Workload } from "./workload.ts";

export { workloadDefault } from "./options.ts";
export { argumentsOf, type StrategyMeasures } from "./workload.ts";

type Print = (lines: readonly string[]) => void;

export function compareHelp(): readonly string[] {
  return [
    "sojourn compare [--image SIZE] [--dirty SIZE] [--working-set SIZE] [--profile NAME]",
    "                [--read-ahead N] [--rounds N] [--stop-below SIZE] [--sweep image=SIZE..SIZE] [--json]",
    "",
    "Moves one task once by each strategy. The task, `toucher`, maps a file of the image's size (4MiB)",
    "and has read all of it, has written a part (1MiB), and goes on reading and writing a smaller one",
    "(512KiB). The move starts when it says that it is ready. All figures are virtual.",
    "",
    "  freeze        from the last instruction at the source to the first at the target",
    "  total         from the order until only the file server is depended on, or until the task's end;",
    "                looked at every 0.1 ms",
    "  bytes         on all cables in that time, headers too",
    "  rounds        of copying while the task ran",
    "  faults        times that the target asked for pages",
    "  stall         how long the task waited for pages after the move",
    "  left          pages that only the source had when the task went on, and for how long",
    "  depends on    hosts that the task depended on when it went on (its home apart)",
    "",
    "--sweep moves images of each size from the first by doubling, and prints how long each freezes.",
    "",
    "Exit status: 0; 1 an output differs from the others'; 64 bad usage.",
  ];
}

/** Returns the exit status. Throws a `Refusal` for options that cannot be. */
export async function compareCommand(
  words: readonly string[],
  print: Print = printLines,
): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    print(compareHelp());
    return exitStatus.ok;
  }
  const { workload, json, sweep } = readCompareOptions(words);
  if (sweep) return sweepImages(workload, sweep, { json, print });
  const measures = await compareStrategies(workload);
  print(json ? [JSON.stringify({ strategies: measures })] : tables(workload, measures));
  return verdictOn(measures);
}

export async function compareStrategies(workload: Workload): Promise<readonly StrategyMeasures[]> {
  const measures: StrategyMeasures[] = [];
  for (const { name } of strategies) measures.push(await runStrategy(name, workload));
  return measures;
}

/** Whoever prints something else did not get its memory whole. */
function verdictOn(measures: readonly StrategyMeasures[]): number {
  const wrong = measures.find(({ outputHash }) => outputHash !== measures[0]?.outputHash);
  if (!wrong) return exitStatus.ok;
  say(`the output under ${wrong.strategy} differs from that under ${measures[0]?.strategy}`);
  return exitStatus.failed;
}

interface SweepRow {
  readonly image: number;
  readonly strategies: readonly StrategyMeasures[];
}

async function sweepImages(
  workload: Workload,
  sizes: readonly number[],
  { json, print }: { readonly json: boolean; readonly print: Print },
): Promise<number> {
  const rows: SweepRow[] = [];
  for (const imageBytes of sizes) {
    const measures = await compareStrategies({ ...workload, imageBytes });
    rows.push({ image: imageBytes, strategies: measures });
    const status = verdictOn(measures);
    if (status !== exitStatus.ok) return status;
  }
  print(json ? [JSON.stringify({ sweep: rows })] : sweepTable(rows));
  return exitStatus.ok;
}

const columns: readonly Column<StrategyMeasures>[] = [
  { head: "strategy", cell: ({ strategy }) => strategy },
  { head: "freeze", cell: ({ freezeNs }) => formatDuration(freezeNs) },
  { head: "total", cell: ({ totalNs }) => formatDuration(totalNs) },
  { head: "bytes", cell: ({ bytes }) => formatCount(bytes) },
  { head: "rounds", cell: ({ rounds }) => rounds },
  { head: "faults", cell: ({ faults }) => faults },
  { head: "stall", cell: ({ stallNs }) => formatDuration(stallNs) },
  { head: "left", cell: leftText },
  { head: "depends on", cell: ({ residualHosts }) => residualHosts.join(" ") || "-" },
];

function leftText({ residualSourcePages, residualNs }: StrategyMeasures): string {
  if (residualSourcePages === 0) return "-";
  const pages = residualSourcePages === 1 ? "page" : "pages";
  return `${residualSourcePages} ${pages} for ${formatDuration(residualNs)}`;
}

function tables(
  { imageBytes, dirtyBytes, workingSetBytes, profile }: Workload,
  measures: readonly StrategyMeasures[],
): readonly string[] {
  const [image, dirty, working] = [imageBytes, dirtyBytes, workingSetBytes].map(formatSize);
  return [
    `image ${image}, dirty ${dirty}, working set ${working}, profile ${profile}; times are virtual.`,
    "",
    ...formatTable(columns, measures),
  ];
}

function sweepTable(rows: readonly SweepRow[]): readonly string[] {
  const freezes = strategies.map(({ name }, at): Column<SweepRow> => ({
    head: name,
    cell: (row) => formatDuration(row.strategies[at]?.freezeNs ?? 0),
  }));
  const image: Column<SweepRow> = { head: "image", cell: (row) => formatSize(row.image) };
  return ["Freeze times, virtual.", "", ...formatTable([image, ...freezes], rows)];
}

function printLines(lines: readonly string[]): void {
  writeOutput(1, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}
