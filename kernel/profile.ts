// What things cost in virtual time: the numbers a host charges itself.

/** Integer nanoseconds and whole fractions; no rate is ever a floating-point number. */
export interface HostCosts {
  /** Nanoseconds for `instructionsPer` instructions. */
  readonly instructionNs: number;
  readonly instructionsPer: number;
  readonly trapNs: number;
  readonly messageNs: number;
  readonly faultNs: number;
  readonly packetNs: number;
  readonly stableWriteNs: number;
  readonly quantumNs: number;
  readonly keepaliveNs: number;
}
