// What `faults` shows: everything that is not as it should be, as it stands now.

import type { CableView, HostView } from "../cluster/index.ts";
import type { Session } from "./language/session.ts";
import { formatDuration } from "./units.ts";
import type { View } from "./view-cluster.ts";
import { formatTable } from "./view-table.ts";

interface Fault {
  /** A host, the two ends of a cable, or `all cables`. */
  readonly where: string;
  readonly fault: string;
}

export function viewFaults({ cluster }: Session): View {
  const hosts = cluster.views();
  const rows = [
    ...hosts.flatMap(faultsOfHost),
    ...hosts.flatMap(({ host, cables }) => cables.flatMap((cable) => faultsOfCable(host, cable))),
    ...faultsOfAll(cluster.config.faults),
  ];
  const columns = [
    { head: "where", cell: ({ where }: Fault) => where },
    { head: "what is wrong", cell: ({ fault }: Fault) => fault },
  ];
  const lines = rows.length === 0 ? ["nothing is broken"] : formatTable(columns, rows);
  return { json: rows, lines };
}

function faultsOfHost({ host, state }: HostView): Fault[] {
  return state === "up" ? [] : [{ where: host, fault: state }];
}

function faultsOfCable(from: string, { to, cut, extraNs, dropPpm }: CableView): Fault[] {
  const where = `${from} -> ${to}`;
  return [
    ...(cut ? [{ where, fault: "cut" }] : []),
    ...(extraNs > 0 ? [{ where, fault: `slower by ${formatDuration(extraNs)} virtual` }] : []),
    ...(dropPpm > 0 ? [{ where, fault: `loses ${percent(dropPpm)}` }] : []),
  ];
}

function faultsOfAll(faults: Session["cluster"]["config"]["faults"]): Fault[] {
  const where = "all cables";
  const shares = [
    { ppm: faults.lossPpm, does: "lose" },
    { ppm: faults.repeatPpm, does: "repeat" },
    { ppm: faults.reorderPpm, does: "reorder" },
    { ppm: faults.corruptPpm, does: "corrupt" },
  ];
  const drawn = shares
    .filter(({ ppm }) => ppm > 0)
    .map(({ ppm, does }) => ({ where, fault: `${does} ${percent(ppm)}, drawn from the seed` }));
  const { delayNsMin, delayNsMax } = faults;
  if (delayNsMax === 0) return drawn;
  const range = `${formatDuration(delayNsMin)} to ${formatDuration(delayNsMax)} virtual`;
  return [...drawn, { where, fault: `delay ${range}, drawn from the seed` }];
}

function percent(ppm: number): string {
  return `${Number((ppm / 10_000).toFixed(4))}%`;
}
