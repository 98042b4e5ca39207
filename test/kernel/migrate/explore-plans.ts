// What is explored: the full bounds, for `npm run explore`, and smaller ones, for each run of the
// tests. The code is the same.

import type { Plan } from "./explore-world.ts";

const full: Plan = {
  home: 3,
  tasks: 1,
  attempts: 2,
  faults: 2,
  crashes: 1,
  mistakes: 0,
  exits: false,
  places: [1, 2],
  order: "any",
  owing: false,
  precopies: false,
  settles: false,
};

/** Two attempts, two letters lost or repeated, one crash. */
export const fullPlans: Readonly<Record<string, Plan>> = {
  "source h1, target h2, home h3": full,
  "home at the source": { ...full, home: 1 },
  "home at the target": { ...full, home: 2 },
  "moves to all hosts": { ...full, places: [1, 2, 3] },
  "pages stay behind, moves to all hosts": {
    ...full,
    faults: 0,
    places: [1, 2, 3],
    owing: true,
  },
  "what comes before the freeze takes time": { ...full, faults: 1, settles: true, exits: true },
  "pages are copied before the freeze": { ...full, faults: 1, precopies: true, exits: true },
  "letters in order, as links see to": { ...full, order: "links", exits: true },
  "the home holds one for dead that lives": { ...full, faults: 0, mistakes: 1, order: "links" },
  "the home, a target, holds one for dead that lives": {
    ...full,
    home: 2,
    faults: 0,
    mistakes: 1,
    order: "links",
  },
  "two tasks move as one": { ...full, tasks: 2, faults: 1 },
  "two tasks move as one, home at the source": { ...full, tasks: 2, home: 1, faults: 1 },
  "two tasks move as one, and may end": { ...full, tasks: 2, order: "links", exits: true },
};

/** The same in seconds. */
export const smallPlans: Readonly<Record<string, Plan>> = {
  "one attempt, two faults, home h3": { ...full, attempts: 1 },
  "one attempt, two faults, home at the source": { ...full, attempts: 1, home: 1 },
  "one attempt, two faults, home at the target": { ...full, attempts: 1, home: 2 },
  "two attempts, home h3": { ...full, faults: 0 },
  "two attempts, home at the source": { ...full, faults: 0, home: 1 },
  "two attempts, home at the target": { ...full, faults: 0, home: 2 },
  "pages stay behind, moves to all hosts, no crash": {
    ...full,
    faults: 0,
    crashes: 0,
    places: [1, 2, 3],
    owing: true,
  },
  "pages stay behind, one attempt, it may end": {
    ...full,
    attempts: 1,
    faults: 0,
    owing: true,
    exits: true,
  },
  "what comes before the freeze takes time": {
    ...full,
    attempts: 1,
    faults: 1,
    settles: true,
    exits: true,
  },
  "pages are copied before the freeze": {
    ...full,
    attempts: 1,
    faults: 1,
    precopies: true,
    exits: true,
  },
  "letters in order": { ...full, faults: 0, order: "links" },
  "the home holds one for dead that lives": {
    ...full,
    attempts: 1,
    faults: 0,
    mistakes: 1,
    order: "links",
  },
  "two tasks move as one": { ...full, tasks: 2, attempts: 1, faults: 1 },
  "two tasks move as one, and may end": {
    ...full,
    tasks: 2,
    attempts: 1,
    faults: 0,
    order: "links",
    settles: true,
    exits: true,
  },
};

/** Where planted bugs are looked for: the shortest way found in any of them is shown. */
export const bugPlans: Readonly<Record<string, Plan>> = {
  "one attempt": { ...full, attempts: 1, faults: 0, order: "links" },
  "one attempt, two faults": { ...full, attempts: 1 },
  "two attempts": { ...full, faults: 1, crashes: 0 },
  "the home holds one for dead that lives": {
    ...full,
    attempts: 1,
    faults: 0,
    crashes: 0,
    mistakes: 1,
    order: "links",
  },
  "two tasks, one attempt": { ...full, tasks: 2, attempts: 1, faults: 0, order: "links" },
};
