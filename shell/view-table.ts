// Tables of text: a row of heads, then rows; numbers to the right, words to the left.

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string | number;
}

/** Without the blanks at the ends of lines. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const lines = [columns.map(({ head }) => head), ...cells.map((line) => line.map(String))];
  const widths = columns.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const numeric = columns.map((_, column) =>
    cells.every((line) => typeof line[column] === "number" || line[column] === "-"),
  );
  return lines.map((line) =>
    line
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return numeric[column] ? text.padStart(width) : text.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
