// The prompt: where programs start, what time it is, and what is out of the ordinary.
//
//   sojourn h1 12.38 ms 2 running 1 stopped h3 down>

import { formatDuration } from "../units.ts";

export interface Standing {
  readonly on: string;
  readonly now: number;
  readonly running: number;
  readonly stopped: number;
  /** Hosts that are not up, and what they are. */
  readonly hosts: readonly { readonly host: string; readonly state: string }[];
}

export function promptText({ on, now, running, stopped, hosts }: Standing): string {
  const words = [
    "sojourn",
    on,
    formatDuration(now),
    ...(running > 0 ? [`${running} running`] : []),
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
    ...hosts.map(({ host, state }) => `${host} ${state}`),
  ];
  return `${words.join(" ")}> `;
}
