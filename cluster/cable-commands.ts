// What the operator does to a cable, or to the end of it that is here.

import { hostName } from "../ports/index.ts";
import type { Cable } from "./cable.ts";
import type { CableCommand } from "./inputs.ts";

export function actOnCable(
  cable: Cable,
  command: CableCommand,
  emit: (event: string, ids: Readonly<Record<string, unknown>>) => void,
): void {
  const to = hostName(command.peer);
  switch (command.do) {
    case "cut":
      cable.cut = true;
      emit("cable.cut", { to });
      return;
    case "heal":
      cable.cut = false;
      cable.extraNs = 0;
      cable.dropPpm = 0;
      emit("cable.heal", { to });
      return;
    case "delay":
      cable.extraNs = command.ns;
      emit("cable.delay", { to, ns: command.ns });
      return;
    case "drop":
      cable.dropPpm = command.ppm;
      emit("cable.drop", { to, ppm: command.ppm });
      return;
  }
}
