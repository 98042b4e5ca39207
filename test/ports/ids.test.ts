// Goal: names of hosts and ports say what they were made of, and nothing else passes for one.
// Method: random parts, there and back; a table of what is no name.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  hostIdMax,
  hostName,
  makePortUid,
  parseHostName,
  portName,
  uidHost,
  uidIncarnation,
} from "../../ports/index.ts";

testProp(
  "ids: any port: its uid is exact and has its origin and incarnation",
  [fc.nat(hostIdMax), fc.nat(16383), fc.integer({ min: 1, max: 0xffffffff })],
  (t, host, incarnation, counter) => {
    const uid = makePortUid(host, incarnation, counter);
    t.true(Number.isSafeInteger(uid));
    t.is(uidHost(uid), host);
    t.is(uidIncarnation(uid), incarnation);
    t.is(portName(uid), `${hostName(host)}.${incarnation}.${counter}`);
  },
);

test("ids: host names: every host's is read back, anything else is none", (t) => {
  for (let host = 0; host <= hostIdMax; host++) t.is(parseHostName(hostName(host)), host);
  for (const name of ["", "h", "h0", "h01", "h128", "h1x", "H1", "fs1", " h1", "h1.1", "h1000"]) {
    t.is(parseHostName(name), undefined, name);
  }
});
