// A plan that failed, as a script that anybody can run: it ends with `expect violation none`.

import type { NetFaults } from "../../cluster/index.ts";
import type { Plant } from "../../ports/index.ts";
import { printDuration, printPercent, printSize } from "../units.ts";
import type { Plan } from "./plan.ts";
import { memoryBytes, type WorldRun } from "./world.ts";

/** The command that runs this seed again. */
export function replayCommand({ seed, policy }: Plan, plant: Plant | null): string {
  const planted = plant === null ? "" : ` --plant ${plant}`;
  return `sojourn soak --seeds 1 --first-seed ${seed} --location ${policy}${planted}`;
}

/** The lines that were executed, with what the cluster has to be for them. */
export function scenarioText(plan: Plan, plant: Plant | null, run: WorldRun): string {
  const options = [
    `--hosts ${plan.hosts}`,
    `--seed ${plan.seed}`,
    `--memory ${printSize(memoryBytes)}`,
    `--location ${plan.policy}`,
    ...(Object.keys(plan.net).length === 0 ? [] : [`--net ${printNet(plan.net)}`]),
    ...(plant === null ? [] : [`--plant ${plant}`]),
  ];
  const [violation] = run.violations;
  return [
    `# ${violation?.checker ?? "no violation"}: ${violation?.sentence ?? ""}`,
    `# ${replayCommand(plan, plant)}`,
    `# sojourn script --driver inline ${options.join(" ")} FILE`,
    ...run.lines,
    `at ${printDuration(run.endedAt)} expect violation none${run.atRest ? " at rest" : ""}`,
    "exit",
    "",
  ].join("\n");
}

function printNet(net: Partial<NetFaults>): string {
  const { delayNsMin = 0, delayNsMax = 0 } = net;
  const rates = [
    ["loss", net.lossPpm],
    ["repeat", net.repeatPpm],
    ["reorder", net.reorderPpm],
    ["corrupt", net.corruptPpm],
  ] as const;
  const parts = rates.flatMap(([name, ppm]) => (ppm ? [`${name}=${printPercent(ppm)}`] : []));
  if (delayNsMax > 0) {
    parts.push(`delay=${printDuration(delayNsMin)}..${printDuration(delayNsMax)}`);
  }
  return parts.join(",") || "loss=0%";
}
