// The world as completion sees it: the session's jobs, ports and variables, the guests' files by
// observation, this machine's files by looking. Nothing is changed by it, and no time passes.

import { readdirSync } from "node:fs";
import type { Entry, World } from "../completion/index.ts";
import type { Session } from "../language/session.ts";
import { verbTable } from "../language/verbs.ts";

/** Requires: the cluster stands still. */
export function seenWorld(session: Session): World {
  const { cluster, jobs, names, variables } = session;
  return {
    verbs: verbTable,
    hosts: cluster.hosts,
    jobs: jobs.named.map(({ number }) => `%${number}`),
    ports: names.all,
    variables: [...variables.keys()],
    guestFiles: (path) => guestFiles(session, path),
    machineFiles,
  };
}

function guestFiles({ cluster }: Session, path: string): readonly Entry[] {
  const answer = cluster.listFiles(path);
  return answer && "entries" in answer ? answer.entries : [];
}

function machineFiles(path: string): readonly Entry[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .map(
        (entry) =>
          ({ name: entry.name, kind: entry.isDirectory() ? "directory" : "file" }) as const,
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return []; // not there, or not ours to read
  }
}
