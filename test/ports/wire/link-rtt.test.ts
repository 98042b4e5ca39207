// Goal: the timeout follows the cable, in integers, within its limits.
// Method: samples by hand, and random ones.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  backOff,
  createRoundTrip,
  retransmissionTimeoutNs,
  sampleRoundTrip,
} from "../../../ports/wire/link-rtt.ts";

const limits = { rtoInitialNs: 120_000_000, rtoMinNs: 5_000_000, rtoMaxNs: 200_000_000 };

test("link-rtt: no sample yet: the initial timeout", (t) => {
  t.is(retransmissionTimeoutNs(createRoundTrip(), limits), limits.rtoInitialNs);
});

test("link-rtt: first sample: mean and four times half of it", (t) => {
  const roundTrip = createRoundTrip();
  sampleRoundTrip(roundTrip, 10_000_000);
  t.is(retransmissionTimeoutNs(roundTrip, limits), 30_000_000);
});

test("link-rtt: steady samples: the timeout comes down to the mean", (t) => {
  const roundTrip = createRoundTrip();
  for (let count = 0; count < 100; count++) sampleRoundTrip(roundTrip, 50_000_000);
  const timeout = retransmissionTimeoutNs(roundTrip, limits);
  t.true(timeout >= 50_000_000);
  t.true(timeout < 50_100_000);
});

test("link-rtt: timeouts: doubled up to the cap, until there is a sample", (t) => {
  const roundTrip = createRoundTrip();
  sampleRoundTrip(roundTrip, 200_000);
  const waits = [0, 1, 2, 3, 4, 5, 6].map(() => {
    const wait = retransmissionTimeoutNs(roundTrip, limits) / 1_000_000;
    backOff(roundTrip);
    return wait;
  });
  t.deepEqual(waits, [5, 10, 20, 40, 80, 160, 200]);
  sampleRoundTrip(roundTrip, 200_000);
  t.is(retransmissionTimeoutNs(roundTrip, limits), 5_000_000);
});

testProp(
  "link-rtt: any samples: an integer within the limits",
  [
    fc.array(fc.oneof(fc.integer({ min: 0, max: 1e12 }), fc.constant("late" as const)), {
      minLength: 1,
    }),
  ],
  (t, samples) => {
    const roundTrip = createRoundTrip();
    for (const sample of samples) {
      if (sample === "late") backOff(roundTrip);
      else sampleRoundTrip(roundTrip, sample);
      const timeout = retransmissionTimeoutNs(roundTrip, limits);
      t.true(Number.isSafeInteger(timeout));
      t.true(timeout >= limits.rtoMinNs && timeout <= limits.rtoMaxNs);
      t.true(Number.isSafeInteger(roundTrip.meanNs8) && Number.isSafeInteger(roundTrip.spreadNs4));
    }
  },
);
