// What one host keeps about another: the link, and outcomes waiting for a ride.

import type { HostId, PortUid } from "../ids.ts";
import type { LinkState } from "./link.ts";

export interface Peer {
  readonly host: HostId;
  readonly link: LinkState;
  /** Streams of the peer that were accepted up to a number and not yet told so. */
  readonly accepted: Map<PortUid, { readonly stream: number; readonly number: number }>;
}
