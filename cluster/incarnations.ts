// In which incarnation each host is, by what was commanded so far: a restart of a host that is
// down begins the next one. A command counts before its host has heard of it.

import type { HostId } from "../ports/index.ts";
import type { WorldCommand } from "./inputs.ts";

interface Commanded {
  readonly host: HostId;
  readonly command: WorldCommand;
}

export function incarnationAfter(log: readonly Commanded[], host: HostId): number {
  let incarnation = 1;
  let down = false;
  for (const { host: of, command } of log) {
    if (of !== host) continue;
    if (command.do === "crash") down = true;
    else if (command.do === "restart" && down) {
      incarnation++;
      down = false;
    }
  }
  return incarnation;
}
