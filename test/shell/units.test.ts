// Words and units: what is printed parses back to the same number, decimals are exact, and whatever
// is not accepted comes back as a sentence.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { parseNetSpec } from "../../shell/net-spec.ts";
import { editDistance, nearest } from "../../shell/nearest.ts";
import {
  forms,
  formatCount,
  formatDuration,
  formatSize,
  parseDate,
  parseDuration,
  parseHost,
  parseJob,
  type Parsed,
  parsePercent,
  parseRate,
  parseSize,
  printDuration,
  printPercent,
  printSize,
} from "../../shell/units.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

/** The value, or null for what is refused. */
function valueOf<Value>(parsed: Parsed<Value>): Value | null {
  return "value" in parsed ? parsed.value : null;
}

const time = fc.maxSafeNat();

testProp("units: any time, printed: parses back to itself", [time], (t, ns) => {
  t.is(valueOf(parseDuration(printDuration(ns))), ns);
});

testProp("units: any size, printed: parses back to itself", [time], (t, bytes) => {
  t.is(valueOf(parseSize(printSize(bytes))), bytes);
});

testProp("units: any percent, printed: parses back", [fc.nat(1_000_000)], (t, ppm) => {
  t.is(valueOf(parsePercent(printPercent(ppm))), ppm);
});

// The same number by another way: the point is moved in the text.
testProp(
  "units: a decimal number of ms: exact to the last nanosecond",
  [fc.nat(9_000_000_000), fc.nat(999_999)],
  (t, whole, fraction) => {
    const digits = String(fraction).padStart(6, "0");
    t.is(valueOf(parseDuration(`${whole}.${digits}ms`)), whole * 1_000_000 + fraction);
  },
);

testProp(
  "units: any words: a value in range or a sentence, never a throw",
  [fc.string()],
  (t, text) => {
    for (const parse of [parseDuration, parseSize, parseRate, parsePercent]) {
      const parsed = parse(text);
      if ("wrong" in parsed) t.regex(parsed.wrong, /as in/);
      else t.true(Number.isSafeInteger(parsed.value) && parsed.value >= 0);
    }
    const date = parseDate(text);
    if ("value" in date) t.false(Number.isNaN(Date.parse(date.value)));
  },
);

testProp("units: a printed duration for people: within half a hundredth", [time], (t, ns) => {
  const [number = "", unit = ""] = formatDuration(ns).split(" ");
  const per = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }[unit] ?? 0;
  t.true(Math.abs(Number(number) * per - ns) <= per / 200 + 1);
});

test("units: times: a table of what is and is not accepted", (t) => {
  const accepted: readonly (readonly [string, number])[] = [
    ["0ns", 0],
    ["0s", 0],
    ["1.5ms", 1_500_000],
    ["0.3ms", 300_000],
    ["0.1us", 100],
    ["1.0ns", 1],
    ["007us", 7_000],
    ["1.000000001s", 1_000_000_001],
    ["9007199254740991ns", Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, ns] of accepted) t.is(valueOf(parseDuration(text)), ns, text);
  const refused = [
    "",
    "5",
    "ms",
    "5 ms",
    "-5ms",
    "+5ms",
    "1e3ms",
    ".5ms",
    "5.ms",
    "5MS",
    "5m",
    "1,5ms",
  ];
  refused.push(
    "0.5ns",
    "1.0000000001s",
    "9007199254740992ns",
    "5ms5",
    "5µs",
    "5msms",
    "Infinitys",
    "٣ms",
  );
  for (const text of refused) t.is(valueOf(parseDuration(text)), null, text);
  for (const text of ["5constructor", "5toString", "5__proto__"]) {
    t.is(valueOf(parseDuration(text)), null, text);
  }
  t.deepEqual(parseDuration("5 ms"), { wrong: forms.duration });
});

test("units: sizes, rates and percents: a table", (t) => {
  t.is(valueOf(parseSize("256MiB")), 268_435_456);
  t.is(valueOf(parseSize("3GiB")), 3 * 2 ** 30);
  for (const text of ["256", "256MB", "1.5MiB", "1k", "8388608GiB"]) {
    t.is(valueOf(parseSize(text)), null, text);
  }
  t.is(valueOf(parseRate("12.5MB/s")), 12_500_000);
  t.is(valueOf(parseRate("9600B/s")), 9_600);
  for (const text of ["0B/s", "0.5B/s", "12.5MB", "12.5MiB/s"])
    t.is(valueOf(parseRate(text)), null, text);
  t.is(valueOf(parsePercent("2%")), 20_000);
  t.is(valueOf(parsePercent("0.1%")), 1_000);
  t.is(valueOf(parsePercent("100%")), 1_000_000);
  for (const text of ["2", "101%", "0.00001%", "-1%"])
    t.is(valueOf(parsePercent(text)), null, text);
});

test("units: hosts, jobs and dates: a table", (t) => {
  t.is(valueOf(parseHost("h4", 4)), "h4");
  t.is(valueOf(parseHost("fs", 1)), "fs");
  for (const text of ["h5", "h0", "h04", "H1", "4", ""])
    t.is(valueOf(parseHost(text, 4)), null, text);
  t.deepEqual(valueOf(parseJob("%2")), { job: 2 });
  t.deepEqual(valueOf(parseJob("10001")), { pid: 10001 });
  for (const text of ["%", "%0", "0", "-1", "%1x"]) t.is(valueOf(parseJob(text)), null, text);
  t.is(valueOf(parseDate("2026-01-01")), "2026-01-01T00:00:00Z");
  t.is(valueOf(parseDate("2024-02-29T12:34:56Z")), "2024-02-29T12:34:56Z");
  for (const text of ["2026-02-30", "2026-1-1", "tomorrow", "2026-01-01T00:00:00", "2025-02-29"]) {
    t.is(valueOf(parseDate(text)), null, text);
  }
});

test("units: numbers for people: rounded half up, without zeros at the end", (t) => {
  t.is(formatDuration(0), "0 ns");
  t.is(formatDuration(410_000), "0.41 ms");
  t.is(formatDuration(99_994), "99.99 us");
  t.is(formatDuration(1_005_000), "1.01 ms");
  t.is(formatDuration(7_000_000_000), "7 s");
  t.is(formatSize(27_344), "26.7 KiB");
  t.is(formatCount(1234567), "1,234,567");
  t.is(formatCount(999), "999");
});

test("net: the specification of the help: every fault in its unit", (t) => {
  const text = "loss=2%,repeat=1%,reorder=5%,delay=0..300us,corrupt=0.1%,bandwidth=12.5MB/s";
  t.deepEqual(valueOf(parseNetSpec(text)), {
    faults: {
      lossPpm: 20_000,
      repeatPpm: 10_000,
      reorderPpm: 50_000,
      delayNsMin: 0,
      delayNsMax: 300_000,
      corruptPpm: 1_000,
    },
    bandwidth: 12_500_000,
  });
  t.like(valueOf(parseNetSpec("delay=5..300us")), { faults: { delayNsMin: 5_000 } });
  t.like(valueOf(parseNetSpec("delay=1ms")), { faults: { delayNsMin: 1e6, delayNsMax: 1e6 } });
  const refused = ["", "loss", "loss=2", "los=2%", "loss=2%,", "loss=2%,loss=3%", "delay=300us..0"];
  for (const spec of [
    ...refused,
    "delay=1us..2us..3us",
    "delay=..",
    "delay=5",
    "loss=2%;repeat=1%",
  ]) {
    t.is(valueOf(parseNetSpec(spec)), null, spec);
  }
  t.like(parseNetSpec("los=2%"), { wrong: parseNetSpecSuggestion("los") });
});

function parseNetSpecSuggestion(word: string): string {
  const parsed = parseNetSpec(`${word}=2%`);
  const wrong = "wrong" in parsed ? parsed.wrong : "";
  return wrong.endsWith('(do you mean "loss"?)') ? wrong : "a suggestion";
}

testProp(
  "nearest: edit distance: a metric, and at most the longer word",
  [fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 })],
  (t, a, b) => {
    t.is(editDistance(a, b), editDistance(b, a));
    t.is(editDistance(a, b) === 0, a === b);
    t.true(editDistance(a, b) <= Math.max(a.length, b.length));
  },
);

test("nearest: slips of the finger: the word that was meant, and none for what is far", (t) => {
  const words = ["run", "script", "help", "migrate"];
  const slips = [
    ["rnu", "run"],
    ["scirpt", "script"],
    ["migrte", "migrate"],
    ["halp", "help"],
  ];
  for (const [slip = "", meant] of slips) t.is(nearest(slip, words), meant, slip);
  t.is(nearest("frobnicate", words), undefined);
  t.is(nearest("", words), undefined);
});
