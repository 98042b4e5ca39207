// The world as completion sees it: the session's jobs, ports and variables, the guests' files by
// observation, this machine's files by looking. Nothing is changed by it, and no time passes.

import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
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
      .map((entry) => ({ name: entry.name, kind: kindOf(path, entry) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return []; // not there, or not ours to read
  }
}

/** A link counts as what it leads to. */
function kindOf(path: string, entry: Dirent): string {
  const there = entry.isSymbolicLink()
    ? statSync(join(path, entry.name), { throwIfNoEntry: false })
    : entry;
  return there?.isDirectory() ? "directory" : "file";
}
