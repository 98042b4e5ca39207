// What a link does to the world around it; the caller performs each call at once.
//
// A callback may call back into the link (`linkSend` from `deliver`, say): the link's state is
// whole whenever it calls out.

/** Why an incarnation of the peer is dead to us, for ever. */
export type DeathReason = "newer-incarnation" | "declared" | "death-after" | "told-dead";

/** For the trace. The caller adds the time and the two hosts. */
export type LinkEvent =
  | { readonly event: "link.open"; readonly incarnation: number }
  | {
      readonly event: "link.retransmit";
      readonly seq: number;
      readonly tries: number;
      readonly why: "hole" | "timeout";
    }
  | { readonly event: "link.corrupt"; readonly bytes: number }
  | { readonly event: "link.malformed"; readonly bytes: number }
  | { readonly event: "link.beyond-window"; readonly seq: number }
  /** We refused a frame: it was for another incarnation of us, or from one that is dead to us. */
  | {
      readonly event: "link.reset";
      readonly incarnation: number;
      readonly why: "not-my-incarnation" | "you-are-dead";
    }
  | { readonly event: "link.stale"; readonly incarnation: number }
  | { readonly event: "link.suspect"; readonly on: boolean }
  | { readonly event: "link.dead"; readonly incarnation: number; readonly reason: DeathReason }
  | { readonly event: "link.unreachable"; readonly messages: number };

/**
 * Tags of messages that will not be known to have arrived, in the order of `linkSend`. Definite:
 * the last packet was never transmitted, so the peer cannot have the message. Indefinite: it may.
 */
export interface Undelivered {
  readonly definite: readonly number[];
  readonly indefinite: readonly number[];
}

export interface LinkOutput {
  /** Hands a frame to the cable. The array is fresh and the caller's. */
  transmit(frame: Uint8Array): void;
  /**
   * Asks for `linkTimer` at that time, in place of any time asked for before. A call at the old
   * time as well does no harm.
   */
  timer(at: number): void;
  /**
   * A whole message, in order, once. One that fitted into a packet is a view of the frame given
   * to `linkReceive` and lives as long as that does; any other is a fresh array.
   */
  deliver(message: Uint8Array): void;
  /** There is a connection. Messages sent from now on are for this incarnation and no other. */
  opened(peerIncarnation: number): void;
  /** After `peerDead` for the old one (if it was not dead already). */
  peerRestarted(oldIncarnation: number, newIncarnation: number): void;
  /** Irreversible. The link has lost its interest, and holds nothing for that incarnation any more. */
  peerDead(incarnation: number, reason: DeathReason): void;
  /** The peer's incarnation says that it holds this one for dead, whatever is believed here. */
  toldDead(): void;
  suspect(on: boolean): void;
  undelivered(tags: Undelivered): void;
  note(event: LinkEvent): void;
}
