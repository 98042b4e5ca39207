// Builds one host of a cluster: the same for both drivers.

import {
  createConsoleServer,
  createFileServer,
  createNameServer,
  createPipeServer,
  createSwapServer,
} from "../fs-server/index.ts";
import { fsHost, type HostId, type Outside } from "../ports/index.ts";
import type { ClusterConfig, HostRequest } from "./driver.ts";
import type { Engine, EngineOutput } from "./engine.ts";
import { shortestPaths, type Timing } from "./horizon.ts";
import { createEngine } from "./host-engine.ts";
import { createOutside } from "./outside.ts";
import { settleNs } from "./profile.ts";
import { viewForecast, viewHost, viewMemory } from "./view.ts";

/** Bytes of a file that go in one message. */
const messageBytesMax = 131072;

export function timingOf(config: ClusterConfig): Timing {
  const count = config.hosts + 1;
  const latency = Array.from({ length: count }, () =>
    Array.from({ length: count }, () => config.cable.latencyNs),
  );
  return {
    distance: shortestPaths(latency),
    skewMaxNs: config.profile.skewMaxNs,
    settleNs: settleNs(config.profile),
  };
}

/** The streams of the consoles, as the driver connects them. */
export interface Streams {
  output: Outside["output"];
  input: Outside["input"];
}

export interface EngineBuild {
  readonly config: ClusterConfig;
  readonly timing: Timing;
  readonly module: WebAssembly.Module;
  readonly streams: Streams;
  readonly output: EngineOutput;
}

export function buildEngine(build: EngineBuild, id: HostId): Engine {
  const { config, timing, module, streams, output } = build;
  const { profile } = config;
  const outside = createOutside({ root: config.root, mounts: config.mounts, ...streams });
  const servers =
    id === fsHost
      ? [
          createFileServer({
            diskSeekNs: profile.disk.seekNs,
            diskBytesPerSecond: profile.disk.bytesPerSecond,
            messageBytesMax,
            mounts: Object.keys(config.mounts).map((name) => ({ name })),
            epochNs: 0,
          }),
          createConsoleServer(),
          createNameServer(),
          createPipeServer(),
          createSwapServer(),
        ]
      : [];
  return createEngine({
    config: {
      host: {
        id,
        hosts: config.hosts,
        seed: config.seed,
        costs: profile.host,
        memoryBytes: config.memoryBytes,
        epochSeconds: config.epochSeconds,
        paranoid: config.paranoid,
        plant: config.plant,
        location: config.location,
        trace: config.trace,
      },
      cable: config.cable,
      faults: config.faults,
      distanceFrom: timing.distance.map((row) => row[id] as number),
    },
    module,
    servers,
    outside,
    output,
  });
}

/** Answers a request to a host that stands still. */
export function answerRequest(engine: Engine, id: HostId, request: HostRequest): unknown {
  switch (request.ask) {
    case "world":
      engine.receiveWorld(request.time, request.number, request.command);
      return null;
    case "view":
      return viewHost(engine, id);
    case "memory":
      return viewMemory(engine, request.pid);
    case "forecast":
      return viewForecast(engine, request.pid, request.order);
    case "server":
      return engine.observeServer(request.server, request.question);
    case "files":
      return engine.filesSeen();
    case "snapshot":
      engine.cycleThroughSnapshot();
      return null;
  }
}
