// One line an event, in columns: `       6.773456 ms  h1  migrate.freeze  pid=10001 job=1 move=h1.1.1`.

import type { TraceEvent } from "./event.ts";
import { idsText, milliseconds } from "./words.ts";

const columns = { time: 15, host: 4, event: 19 };

export function textLine(event: TraceEvent): string {
  const time = milliseconds(event.at).padStart(columns.time);
  const host = event.host.padEnd(columns.host);
  const name = event.name.padEnd(columns.event);
  return `${time} ms  ${host} ${name} ${idsText(event)}`.trimEnd();
}
