// What words are expanded with: the session's variables, $?, and names of the guests' files.

import type { Environment } from "./expand.ts";
import type { Session } from "./session.ts";

export function environmentOf(session: Session): Environment {
  return {
    variable: (name) => (name === "?" ? String(session.lastStatus) : session.variables.get(name)),
    files: (directory) => filesOf(session, directory),
  };
}

/** Null if there is no such folder, or nobody to ask. */
function filesOf({ cluster }: Session, directory: string): readonly string[] | null {
  const answer = cluster.listFiles(directory);
  return answer && "entries" in answer ? answer.entries.map(({ name }) => name) : null;
}
