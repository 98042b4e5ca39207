// Every cluster of the shell is booted here, so that a command that runs another one can look on.

import { Cluster, type ClusterOptions } from "../cluster/index.ts";

/** Who looks on while commands boot clusters. */
export interface BootWatch {
  /** What the cluster is booted with instead. */
  readonly change: (options: ClusterOptions) => ClusterOptions;
  readonly booted: (cluster: Cluster) => void;
}

let watch: BootWatch | null = null;

/** Null: nobody looks on any more. */
export function watchBoots(watcher: BootWatch | null): void {
  watch = watcher;
}

/** As `Cluster.boot`. */
export async function bootCluster(options: ClusterOptions): Promise<Cluster> {
  const watcher = watch;
  const cluster = await Cluster.boot(watcher ? watcher.change(options) : options);
  watcher?.booted(cluster);
  return cluster;
}
