// What `vm` shows: the address maps of jobs, and where the pages of each range are.

import type { RangeView } from "../kernel/index.ts";
import type { Task } from "../cluster/index.ts";
import type { Session } from "./language/session.ts";
import type { View } from "./view-cluster.ts";
import { formatTable } from "./view-table.ts";

const pageBytes = 4096;

interface Row extends RangeView {
  readonly pid: number;
  readonly host: string;
  readonly absent: number;
}

export function viewMemory({ cluster }: Session, tasks: readonly Task[]): View {
  const rows = tasks.flatMap((task) =>
    cluster.memory(task).map((range): Row => {
      const owed = range.owed.reduce((sum, { pages }) => sum + pages, 0);
      const here = range.resident + range.requested + range.failed + owed;
      const absent = range.end - range.start - here;
      return { pid: task.pid ?? 0, host: task.host, ...range, absent };
    }),
  );
  const lines = formatTable(
    [
      { head: "pid", cell: ({ pid }) => pid },
      { head: "on", cell: ({ host }) => host },
      { head: "range", cell: ({ start, end }) => `${hex(start)}-${hex(end)}` },
      { head: "may", cell: ({ protection }) => mayOf(protection) },
      { head: "pages", cell: ({ start, end }) => end - start },
      { head: "resident", cell: ({ resident }) => resident },
      { head: "dirty", cell: ({ dirty }) => dirty },
      { head: "owed", cell: owedOf },
      { head: "absent", cell: absentOf },
      { head: "pager of the absent", cell: ({ pager }) => pager },
      { head: "name", cell: ({ name }) => name },
    ],
    rows,
  );
  return { json: rows, lines };
}

function hex(page: number): string {
  return (page * pageBytes).toString(16);
}

function mayOf(protection: number): string {
  return ["r", "w", "x"].map((letter, bit) => ((protection >> bit) & 1 ? letter : "-")).join("");
}

/** `3`, `3, 1 asked for`, `0, 2 failed` */
function absentOf({ absent, requested, failed }: Row): string | number {
  if (requested + failed === 0) return absent;
  const asked = requested === 0 ? "" : `, ${requested} asked for`;
  return `${absent}${asked}${failed === 0 ? "" : `, ${failed} failed`}`;
}

function owedOf({ owed }: Row): string {
  return owed.length === 0 ? "-" : owed.map(({ host, pages }) => `${pages} by ${host}`).join(", ");
}
