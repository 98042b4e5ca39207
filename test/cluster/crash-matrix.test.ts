// Goal: every cell of docs/migration-crashes.md is true of a real cluster, whichever driver runs it, and of
// tasks that move as one too: they have one end.
// Method: the table is the test; see crash-cells.ts.

import { type CrashCell, crashAfters, crashPlaces, crashSteps } from "../../shell/docs-crashes.ts";
import { guestTest } from "./clusters.ts";
import { checkCells } from "./crash-cells.ts";

for (const place of crashPlaces) {
  for (const victim of place.victims) {
    guestTest(`crash matrix: ${place.name}, ${victim} crashes: as the table says`, async (t) => {
      const cells = crashSteps.flatMap((step) =>
        crashAfters.map((after) => ({ place, victim, step, after })),
      );
      await checkCells(t, cells, { driver: "inline", tasks: 1 });
    });
  }
}

/** The steps between which a unit could be torn apart. */
const unitSteps = ["migrate.transfer", "migrate.prepared", "home.commit"] as const;

for (const place of crashPlaces) {
  guestTest(
    `crash matrix: two tasks as one, ${place.name}: both end as the table says`,
    async (t) => {
      const cells = place.victims
        .filter((victim) => victim !== "fs")
        .flatMap((victim) =>
          unitSteps.flatMap((step) => crashAfters.map((after) => ({ place, victim, step, after }))),
        );
      await checkCells(t, cells, { driver: "inline", tasks: 2 });
    },
  );
}

guestTest("crash matrix: in workers, a diagonal of it: as the table says", async (t) => {
  const cells = crashSteps.flatMap((step, index) =>
    crashPlaces.flatMap((place): CrashCell[] => {
      const victim = place.victims[index % place.victims.length];
      const after = crashAfters[index % crashAfters.length];
      return victim && after ? [{ place, victim, step, after }] : [];
    }),
  );
  await checkCells(t, cells, { driver: "worker", tasks: 1 });
});
