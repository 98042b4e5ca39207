// Asks the real ledger which hosts a task depends on: of a task on one host, at home on another, for
// which some hosts keep pages.

import { ledgerOf } from "../../../kernel/migrate/index.ts";
import { objectsOf } from "../../../kernel/migrate/image.ts";
import { must } from "../../../ports/base/index.ts";
import { createPorts, wellKnownPort } from "../../../ports/index.ts";
import { createLoneHost, createRunning } from "../lone-host.ts";

const known = new Map<string, ReadonlySet<number>>();

export function namedByLedger(
  host: number,
  home: number,
  owed: readonly number[],
): ReadonlySet<number> {
  const key = `${host} ${home} ${owed.join()}`;
  const before = known.get(key);
  if (before) return before;
  const task = createRunning(createLoneHost(host), []);
  const object = must(objectsOf(task)[0], "an object");
  owed.forEach((keeper, page) => object.owed.set(page, wellKnownPort(keeper, "control")));
  const entries = ledgerOf(createPorts(host, 1), { ...task, home });
  const named = new Set(entries.map((entry) => entry.host));
  known.set(key, named);
  return named;
}
