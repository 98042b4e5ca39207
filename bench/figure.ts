// One measured figure beside its yardstick, and how figures are printed.
//
//   figure                ours   yardstick   ratio   aim

/** A figure that was measured. `ours` and `yardstick` have the same unit, and the same run. */
export interface Figure {
  readonly name: string;
  readonly ours: number;
  readonly yardstick: number;
  readonly unit: string;
  /** What the yardstick is. */
  readonly against: string;
  /** What ours / yardstick should be, or ours; null: shown for comparison only. */
  readonly aim: Aim | null;
}

export type Aim =
  | { readonly is: "at least" | "at most"; readonly ratio: number }
  /** In the unit of the figure, whatever the yardstick says. */
  | { readonly is: "under"; readonly value: number };

/** What could not be measured on this machine. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export type Measured = Figure | Missing;

/** A group of figures, measured together. */
export interface Bench {
  readonly name: string;
  readonly doc: string;
  run(): Promise<readonly Measured[]>;
}

export const atLeast = (ratio: number): Aim => ({ is: "at least", ratio });
export const atMost = (ratio: number): Aim => ({ is: "at most", ratio });
export const under = (value: number): Aim => ({ is: "under", value });

export function isFigure(measured: Measured): measured is Figure {
  return "ours" in measured;
}

export function isMissing(measured: Measured): measured is Missing {
  return !isFigure(measured);
}

export function ratioOf({ ours, yardstick }: Figure): number {
  return ours / yardstick;
}

export function meetsAim(figure: Figure): boolean | null {
  if (!figure.aim) return null;
  const { aim } = figure;
  if (aim.is === "under") return figure.ours < aim.value;
  return aim.is === "at least" ? ratioOf(figure) >= aim.ratio : ratioOf(figure) <= aim.ratio;
}

/** Lines of a table; what is missing has a line that says why. */
export function tableOf(measured: readonly Measured[]): string {
  const rows = measured.filter(isFigure).map(rowOf);
  const head = ["figure", "ours", "yardstick", "", "ratio", "aim"];
  const widths = head.map((word, at) =>
    Math.max(word.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, at) =>
        isNumeric(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  const absent = measured.filter(isMissing);
  return [...lines, ...absent.map(({ name, reason }) => `${name}: not measured: ${reason}`)]
    .map((line) => `${line}\n`)
    .join("");
}

const isNumeric = (column: number): boolean => column === 1 || column === 2 || column === 4;

function rowOf(figure: Figure): readonly string[] {
  const { name, ours, yardstick, unit, against, aim } = figure;
  const met = meetsAim(figure);
  const wanted = aim ? `${aim.is} ${boundOf(aim, unit)}${met ? "" : "  MISSED"}` : "";
  const value = (number: number): string => `${three(number)} ${unit}`;
  return [name, value(ours), value(yardstick), against, three(ratioOf(figure)), wanted];
}

function boundOf(aim: Aim, unit: string): string {
  return aim.is === "under" ? `${aim.value} ${unit}` : `${aim.ratio}`;
}

/** Three digits are more than the runs agree on. */
function three(number: number): string {
  return Math.abs(number) >= 100 ? number.toFixed(0) : number.toPrecision(3);
}
