// How long to wait for an ack: Jacobson's estimate with Karn's rule, in integers.
//
//   error    = sample - mean
//   mean     = mean + error / 8
//   spread   = spread + (|error| - spread) / 4
//   timeout  = (mean + 4 spread) doubled for every timeout since the last sample
//
// Karn: an ack gives a sample only if it is known which copy of the packet it is for; and the
// doubling stays until there is a sample, or a cable that has become slower than the timeout
// could never be measured.

/** Both scaled (mean by 8, spread by 4), so that no fraction is lost. */
export interface RoundTrip {
  meanNs8: number;
  spreadNs4: number;
  measured: boolean;
  doublings: number;
}

interface Limits {
  readonly rtoInitialNs: number;
  readonly rtoMinNs: number;
  readonly rtoMaxNs: number;
}

export function createRoundTrip(): RoundTrip {
  return { meanNs8: 0, spreadNs4: 0, measured: false, doublings: 0 };
}

export function sampleRoundTrip(roundTrip: RoundTrip, sampleNs: number): void {
  roundTrip.doublings = 0;
  if (!roundTrip.measured) {
    roundTrip.measured = true;
    roundTrip.meanNs8 = 8 * sampleNs;
    roundTrip.spreadNs4 = 2 * sampleNs;
    return;
  }
  const error = sampleNs - Math.floor(roundTrip.meanNs8 / 8);
  roundTrip.meanNs8 += error;
  roundTrip.spreadNs4 += Math.abs(error) - Math.floor(roundTrip.spreadNs4 / 4);
}

export function backOff(roundTrip: RoundTrip): void {
  // More doublings than this change nothing, whatever the limits.
  roundTrip.doublings = Math.min(roundTrip.doublings + 1, 20);
}

/** The time from a transmission to its repetition. */
export function retransmissionTimeoutNs(roundTrip: RoundTrip, limits: Limits): number {
  const estimate = Math.floor(roundTrip.meanNs8 / 8) + roundTrip.spreadNs4;
  const base = roundTrip.measured ? Math.max(estimate, limits.rtoMinNs) : limits.rtoInitialNs;
  return Math.min(base * 2 ** roundTrip.doublings, limits.rtoMaxNs);
}
