// Traces made up for tests, with what is true of them: who was where, and what received what.
//
// A small world: hosts with one port each, messages that take 100 ns, tasks that are born, move and
// end, hosts that crash. It writes the events that the real one would, and keeps its own account.

import fc from "fast-check";

export interface World {
  readonly lines: readonly string[];
  /** Events of sending and receiving. */
  readonly messages: readonly (readonly [from: number, to: number])[];
  /** Where a task is at an event; null: nowhere, or on its way. */
  readonly where: (pid: number, index: number) => string | null;
  readonly pids: readonly number[];
}

interface Visit {
  readonly pid: number;
  readonly host: string;
  readonly from: number;
  to: number;
}

interface Flight {
  readonly at: number;
  readonly to: string;
  readonly sent: number;
  readonly deliver: (sent: number) => void;
}

const latency = 100;

export interface Step {
  readonly gap: number;
  readonly what: number;
  readonly a: number;
  readonly b: number;
}

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 3_000_000 })),
    what: fc.integer({ min: 0, max: 11 }),
    a: fc.integer({ min: 0, max: 3 }),
    b: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 60, size: "max" },
);

export function worldOf(plan: readonly Step[], hostCount: number = 4): World {
  const hosts = ["fs", "h1", "h2", "h3"].slice(0, hostCount);
  const lines: string[] = [];
  const messages: [number, number][] = [];
  const visits: Visit[] = [];
  const seqs = new Map<string, number>();
  const down = new Set<string>();
  /** Where each task is, or null while it moves. */
  const tasks = new Map<number, Visit | null>();
  let flights: Flight[] = [];
  let now = 0;

  const emit = (host: string, event: string, ids: object = {}): number => {
    const seq = seqs.get(host) ?? 0;
    seqs.set(host, seq + 1);
    lines.push(JSON.stringify({ at: now, host, seq, event, ...ids }));
    return lines.length - 1;
  };
  const fly = (to: string, sent: number, deliver: (sent: number) => void): void => {
    flights.push({ at: now + latency, to, sent, deliver });
  };
  const pass = (time: number): void => {
    for (;;) {
      const next = flights.find(({ at }) => at <= time);
      if (!next) break;
      flights = flights.filter((flight) => flight !== next);
      now = Math.max(now, next.at);
      next.deliver(next.sent);
    }
    now = time;
  };
  const settle = (pid: number, host: string, from: number): void => {
    const visit: Visit = { pid, host, from, to: -1 };
    visits.push(visit);
    tasks.set(pid, visit);
  };

  for (const { gap, what, a, b } of plan) {
    pass(now + gap);
    const host = hosts[a % hosts.length] as string;
    const other = hosts[b % hosts.length] as string;
    if (what === 11 && down.has(host)) {
      down.delete(host);
      emit(host, "host.restart", { incarnation: 2 });
    }
    if (down.has(host)) continue;
    const living = [...tasks.values()].filter((visit) => visit !== null);
    const one = living[b % Math.max(1, living.length)];
    if (what <= 3) send(host, other);
    else if (what <= 5) sendByThread(host, other);
    else if (what <= 7 && host !== "fs" && tasks.size < 6) bear(host);
    else if (what <= 9 && one && host !== one.host && host !== "fs") move(one, host);
    else if (what === 10 && one) end(one);
    else if (what === 11) crash(host);
    else emit(host, "port.made", { port: `${host}.1.20`, space: 0, limit: 5, policy: "home" });
  }
  pass(now + latency);

  function send(from: string, to: string): void {
    const port = `${to}.0.3`;
    const sent = emit(from, "msg.send", { port, op: "files.read", id: 0 });
    if (to === from) messages.push([sent, emit(to, "msg.enqueue", { port, op: "files.read" })]);
    else if (!down.has(to)) {
      fly(to, sent, () =>
        messages.push([sent, emit(to, "msg.enqueue", { port, op: "files.read" })]),
      );
    }
  }

  function sendByThread(from: string, to: string): void {
    const msg = `${from}.1.${100 + lines.length}`;
    const port = `${to}.1.20`;
    const sent = emit(from, "ipc.sent", { msg, port, by: from, via: 0, rights: [] });
    if (to === from) messages.push([sent, emit(to, "ipc.queued", { msg, port, hops: 0 })]);
    else if (!down.has(to)) {
      fly(to, sent, () => messages.push([sent, emit(to, "ipc.queued", { msg, port, hops: 1 })]));
    }
  }

  function bear(host: string): void {
    const job = tasks.size + 1;
    const pid = 10000 * hosts.indexOf(host) + job;
    settle(pid, host, emit(host, "task.born", { pid, job, program: "/bin/<count>" }));
  }

  function move(visit: Visit, to: string): void {
    const { pid, host: from } = visit;
    const name = `${from}.1.${lines.length}`;
    emit(from, "migrate.request", { command: 0, pid, move: name, to, strategy: "eager" });
    const frozen = emit(from, "migrate.freeze", { pid, move: name });
    visit.to = frozen;
    tasks.set(pid, null);
    const arrive = (): void => {
      settle(pid, to, emit(to, "migrate.activate", { pid, move: name, epoch: 1 }));
    };
    fly(to, frozen, arrive);
  }

  function end(visit: Visit): void {
    const { pid, host } = visit;
    visit.to = emit(host, "task.exit", { pid, status: 0, signal: 0 });
    tasks.set(pid, null);
  }

  function crash(host: string): void {
    emit(host, "host.crash", { incarnation: 1 });
    down.add(host);
    for (const [pid, visit] of tasks) {
      if (visit?.host !== host) continue;
      visit.to = emit(host, "task.died-with-host", { pid });
      tasks.set(pid, null);
    }
    // What was on its way here is lost: a task among it stays frozen where it was, for all we know.
    for (const flight of flights.filter(({ to }) => to === host)) {
      for (const visit of visits) if (visit.to === flight.sent) visit.to = -1;
    }
    flights = flights.filter(({ to }) => to !== host);
  }

  const end_ = lines.length - 1;
  for (const flight of flights) {
    for (const visit of visits) if (visit.to === flight.sent) visit.to = -1;
  }
  for (const visit of visits) if (visit.to < 0) visit.to = end_;
  const where = (pid: number, index: number): string | null => {
    const visit = visits.find((one) => one.pid === pid && one.from <= index && index <= one.to);
    return visit?.host ?? null;
  };
  return { lines, messages, where, pids: [...new Set(visits.map(({ pid }) => pid))] };
}
