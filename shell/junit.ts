// `--junit FILE`: a report as graders and CI read it. A suite a file; in it a case for each `expect`
// that was carried out, and one for the file itself. Times are virtual seconds.

import type { LineDone, Outcome } from "./language/outcome.ts";
import type { ScriptResult } from "./language/script-result.ts";
import { escapeXml } from "./xml.ts";

interface Case {
  readonly name: string;
  readonly ns: number;
  readonly failure: { readonly expected: string; readonly got: string } | null;
}

interface Suite {
  readonly name: string;
  readonly ns: number;
  readonly cases: readonly Case[];
}

export function junitReport(results: readonly ScriptResult[]): string {
  const suites = results.map(suiteOf);
  const cases = suites.flatMap((suite) => suite.cases);
  const ns = suites.reduce((sum, suite) => sum + suite.ns, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sojourn" ${counts(cases)} time="${seconds(ns)}">`,
    ...suites.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteOf({ file, failure, lines, virtualNs }: ScriptResult): Suite {
  const expectations = lines.filter(isExpectation).map(({ place, text, outcome, ...times }) => ({
    name: `${place} ${text.trim()}`,
    ns: times.untilNs - times.fromNs,
    failure: failureOf(outcome),
  }));
  const whole = { name: file, ns: virtualNs, failure };
  return { name: file, ns: virtualNs, cases: [...expectations, whole] };
}

function isExpectation({ text }: LineDone): boolean {
  return /^\s*(at\s+\S+\s+)?expect\s/.test(text);
}

function failureOf(outcome: Outcome): Case["failure"] {
  return outcome.at === "failed" ? outcome : null;
}

function suiteLines({ name, ns, cases }: Suite): readonly string[] {
  return [
    `  <testsuite name="${escapeXml(name)}" ${counts(cases)} time="${seconds(ns)}">`,
    ...cases.flatMap((one) => caseLines(one, name)),
    "  </testsuite>",
  ];
}

function caseLines({ name, ns, failure }: Case, suite: string): readonly string[] {
  const head = `name="${escapeXml(name)}" classname="${escapeXml(suite)}" time="${seconds(ns)}"`;
  if (!failure) return [`    <testcase ${head}/>`];
  const message = escapeXml(`expected ${failure.expected}, got ${failure.got}`);
  return [
    `    <testcase ${head}>`,
    `      <failure message="${message}" type="expectation">${message}</failure>`,
    "    </testcase>",
  ];
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== null).length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="0"`;
}

function seconds(ns: number): string {
  return (ns / 1e9).toFixed(9);
}
