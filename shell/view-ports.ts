// What `ports` shows: each counted port where its receive right is, and who has rights to it.

import type { PortView, RightView } from "../cluster/index.ts";
import type { Session } from "./language/session.ts";
import type { View } from "./view-cluster.ts";
import { formatTable } from "./view-table.ts";

export function viewPorts({ cluster, names }: Session): View {
  const hosts = cluster.views();
  const rights = hosts.flatMap((host) => host.rights);
  const rows = hosts.flatMap(({ ports }) =>
    ports.map((port) => ({
      ...port,
      name: names.nameOf(port.uid) ?? null,
      holders: holdersOf(port, rights),
    })),
  );
  const lines = formatTable(
    [
      { head: "port", cell: ({ uid }) => uid },
      { head: "name", cell: ({ name }) => name ?? "-" },
      { head: "host", cell: ({ host }) => host },
      { head: "held by", cell: ({ owner }) => owner },
      { head: "moves", cell: ({ epoch }) => epoch },
      { head: "queued", cell: ({ queued }) => queued },
      { head: "limit", cell: ({ limit }) => limit },
      { head: "location", cell: ({ policy }) => policy },
      { head: "made", cell: ({ makeSends }) => makeSends },
      { head: "once", cell: ({ once }) => once },
      { head: "senders", cell: ({ holders }) => holders.join(" ") || "-" },
    ],
    rows,
  );
  return { json: rows, lines };
}

/** `h2`, or the pid of a task and where it is: who can send to the port. */
function holdersOf({ uid }: PortView, rights: readonly RightView[]): readonly string[] {
  return rights
    .filter((right) => right.uid === uid && right.kind !== "receive")
    .map(({ host, pid, kind }) => {
      const holder = pid === 0 ? host : `${pid}@${host}`;
      return kind === "send" ? holder : `${holder}(once)`;
    });
}
