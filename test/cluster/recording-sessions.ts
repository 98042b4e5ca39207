// Sessions for recordings: commands of every kind, drawn from a seed, with time passing in between.

import type { Cluster, PortRef } from "../../cluster/index.ts";
import { ms, us } from "./clusters.ts";

export type Draw = (below: number) => number;

/** Numbers from a seed; a test that fails says which. */
export function drawFrom(seed: number): Draw {
  let state = (seed * 2_654_435_761 + 12_345) % 2_147_483_647 || 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

interface Desk {
  readonly cluster: Cluster;
  readonly draw: Draw;
  readonly ports: PortRef[];
  readonly down: Set<string>;
}

/** Gives commands until the log has that many; `pass` lets time pass between them. */
export async function giveCommands(
  cluster: Cluster,
  draw: Draw,
  count: number,
  pass: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const desk: Desk = { cluster, draw, ports: [], down: new Set() };
  while (cluster.log.length < count) {
    await pass(cluster);
    await giveOne(desk);
  }
}

async function giveOne(desk: Desk): Promise<void> {
  const { cluster, draw, down } = desk;
  const host = `h${1 + draw(cluster.hosts)}`;
  const other = `h${1 + ((Number(host.slice(1)) + draw(cluster.hosts - 1)) % cluster.hosts)}`;
  const task = cluster.tasks[draw(Math.max(1, cluster.tasks.length))];
  const alive = task && !task.exit ? task : undefined;
  switch (draw(16)) {
    case 0:
    case 1:
    case 2:
      await spawnOne(desk, host, other);
      return;
    case 3:
      if (down.has(host)) return;
      down.add(host);
      cluster.crash(host);
      return;
    case 4:
    case 5:
      for (const name of down) cluster.restart(name);
      down.clear();
      return;
    case 6:
      cluster.cut(host, other, { oneWay: draw(2) === 0 });
      return;
    case 7:
      cluster.heal(host, other);
      return;
    case 8:
      cluster.delay(host, other, draw(500) * us);
      return;
    case 9:
      cluster.drop(host, draw(2) === 0 ? "fs" : other, draw(300_000));
      return;
    case 10:
      cluster.pause(host);
      await cluster.advance(draw(300) * us);
      cluster.continue(host);
      return;
    case 11:
    case 12:
      if (alive) cluster.orderMigration(alive, host);
      return;
    case 13:
      // SIGKILL, SIGTERM, SIGTSTP, SIGCONT.
      if (alive) cluster.kill(alive, [9, 15, 20, 18][draw(4)] ?? 15);
      return;
    case 14:
      if (alive) cluster.type(alive, new TextEncoder().encode(`typed ${draw(100)}\n`), false);
      if (alive && draw(3) === 0) cluster.foreground(alive, draw(2) === 0);
      return;
    default:
      usePorts(desk, host, other);
  }
}

async function spawnOne({ cluster, draw }: Desk, host: string, other: string): Promise<void> {
  const wander = draw(3) === 0 ? { wander: { periodNs: (1 + draw(4)) * ms } } : {};
  switch (draw(6)) {
    case 0: {
      const pipe = cluster.makePipe(other, host);
      await cluster.spawn(host, ["count", String(200 * draw(9))], { streams: [`1|${pipe}`] });
      await cluster.spawn(other, ["wc"], { streams: [`0|${pipe}`, "1>>/tmp/counts"], ...wander });
      return;
    }
    case 1:
      await cluster.spawn(host, ["cat"], { stdin: "some lines\n".repeat(draw(4000)), ...wander });
      return;
    case 2: {
      const read = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(0));
      await cluster.spawn(host, ["cat"], { stdin: { kind: "terminal", read } });
      return;
    }
    case 3:
      await cluster.spawn(host, ["wc"], { stdin: piped(draw(60)), ...wander });
      return;
    case 4:
      await cluster.spawn(host, ["primes", String(500 + draw(9000))], wander);
      return;
    default:
      await cluster.spawn(host, ["count", String(1 + draw(60)), `${draw(900)}us`], wander);
  }
}

/** A pipe that delivers a line a read. */
function piped(lines: number): {
  readonly kind: "pipe";
  read(count: number): Promise<Uint8Array>;
} {
  let left = lines;
  const line = new Uint8Array([0xff, 0x00, 0x41, 0x0a]);
  return {
    kind: "pipe",
    read: (count) => Promise.resolve(left-- > 0 && count >= line.length ? line : new Uint8Array(0)),
  };
}

function usePorts({ cluster, draw, ports }: Desk, host: string, other: string): void {
  const port = ports[draw(Math.max(1, ports.length))];
  // Ports whose making nobody has waited for have no name yet: orders about others may fail.
  if (!port || draw(3) === 0) {
    cluster.ports.postMake(host, { queue: 1 + draw(16) });
    for (const { uid, host: holder } of cluster.ports.list()) {
      if (!ports.some((known) => known.uid === uid)) ports.push({ uid, holder });
    }
    return;
  }
  switch (draw(4)) {
    case 0:
      cluster.ports.postGive(port, "send", other);
      return;
    case 1:
      cluster.ports.postSend(port, `text ${draw(1000)}`, other, { timeoutNs: draw(5) * ms });
      return;
    case 2:
      cluster.ports.postReceive(port, { withinNs: draw(5) * ms });
      return;
    default:
      cluster.ports.postMove(port, other);
      port.holder = other;
  }
}
