// What a cluster is made of, from the options of whoever boots it: checked, with every default.

import { fileURLToPath } from "node:url";
import { hostIdMax, type LocationName, locationNames } from "../ports/index.ts";
import type { ClusterOptions } from "./api.ts";
import { noFaults } from "./cable.ts";
import type { ClusterConfig } from "./driver.ts";
import { lan, profileNamed, profileNames } from "./profile.ts";

/** Somebody asked for what cannot be: one line that says what, where, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const frameBytes = 4096;
const memoryBytesMax = 3 * 2 ** 30;

/** Throws `UsageError` for the first option that cannot be. */
export function configOf(options: ClusterOptions): ClusterConfig {
  const profile = options.profile === undefined ? lan : profileNamed(options.profile);
  if (!profile) {
    throw new UsageError(`no such profile: ${options.profile} (${profileNames().join(", ")})`);
  }
  const hosts = options.hosts ?? 4;
  if (!(Number.isInteger(hosts) && hosts >= 1 && hosts <= hostIdMax)) {
    throw new UsageError(`hosts: ${hosts} is not a number from 1 to ${hostIdMax}`);
  }
  const memoryBytes = options.memoryBytes ?? 256 * 2 ** 20;
  const memoryFits = memoryBytes >= 2 ** 20 && memoryBytes <= memoryBytesMax;
  if (!(memoryFits && memoryBytes % frameBytes === 0)) {
    throw new UsageError("memory: from 1 MiB to 3 GiB for each host, in pages of 4 KiB");
  }
  const epoch = Date.parse(options.epoch ?? "2026-01-01T00:00:00Z");
  if (Number.isNaN(epoch)) throw new UsageError(`epoch: ${options.epoch} is no date`);
  const bytesPerSecond = options.bandwidth ?? profile.cable.bytesPerSecond;
  if (!(Number.isSafeInteger(bytesPerSecond) && bytesPerSecond > 0)) {
    throw new UsageError(`bandwidth: ${bytesPerSecond} is no number of bytes a second`);
  }
  return {
    hosts,
    seed: options.seed ?? 1,
    profile,
    cable: { ...profile.cable, bytesPerSecond },
    faults: { ...noFaults, ...options.net },
    memoryBytes,
    epochSeconds: Math.floor(epoch / 1000),
    paranoid: options.paranoid ?? false,
    plant: options.plant ?? null,
    location: locationOf(options.location),
    trace: options.trace ?? "default",
    root: options.root ?? defaultRoot(),
    mounts: options.mounts ?? {},
  };
}

function locationOf(name: string | undefined): LocationName {
  if (name === undefined) return "redirect";
  const known = locationNames.find((one) => one === name);
  if (known) return known;
  throw new UsageError(`no such location policy: ${name} (${locationNames.join(", ")})`);
}

/** The guests' disk that comes with the package, beside the compiled code. */
export function defaultRoot(): string {
  return fileURLToPath(new URL("../../fs-server/root", import.meta.url));
}
