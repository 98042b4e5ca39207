// What becomes of a task whose move is interrupted by a crash: one rule for each cell of the table in
// docs/migration-crashes.md. `test/cluster/crash-matrix.test.ts` does in a real cluster what each cell
// says, in both drivers.
//
// A step is named by the last event that has happened when the host crashes. Cables deliver what they
// were handed: a message that has left survives its sender. A second later the host is restarted, or
// declared dead, or stays down until the others give it up by themselves.

export const crashSteps = [
  "migrate.request",
  "migrate.reserve",
  "migrate.freeze",
  "migrate.transfer",
  "migrate.prepared",
  "home.commit",
  "migrate.commit",
  "migrate.activate",
] as const;
export type CrashStep = (typeof crashSteps)[number];

export type CrashRole = "source" | "target" | "home" | "fs";
export const crashAfters = ["restarted", "declared dead", "neither"] as const;
export type CrashAfter = (typeof crashAfters)[number];

/** Where task, target and home are. */
export interface CrashPlace {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly home: string;
  readonly victims: readonly CrashRole[];
}

export const crashPlaces: readonly CrashPlace[] = [
  {
    name: "home on a host of its own",
    source: "h2",
    target: "h3",
    home: "h1",
    victims: ["source", "target", "home", "fs"],
  },
  {
    name: "home at the source",
    source: "h1",
    target: "h2",
    home: "h1",
    victims: ["source", "target"],
  },
  {
    name: "home at the target",
    source: "h2",
    target: "h1",
    home: "h1",
    victims: ["source", "target"],
  },
];

export const crashRules = {
  undone: "runs at the source",
  moved: "runs at the target",
  owner: "lost with its owner",
  doubt: "in doubt",
  "given-up": "given up",
} as const;
export type CrashEnd = keyof typeof crashRules;

export interface CrashCell {
  readonly place: CrashPlace;
  readonly victim: CrashRole;
  readonly step: CrashStep;
  readonly after: CrashAfter;
}

/** What the protocol promises. */
export function crashEnd({ place, victim, step, after }: CrashCell): CrashEnd {
  const reached = (other: CrashStep): boolean =>
    crashSteps.indexOf(step) >= crashSteps.indexOf(other);
  if (victim === "fs") return "moved";
  const silentHome: CrashEnd =
    after === "restarted" ? "moved" : after === "neither" ? "doubt" : "given-up";
  if (victim === "home") {
    if (reached("home.commit")) return "moved";
    return silentHome;
  }
  if (victim === "source") return reached("migrate.prepared") ? "moved" : "owner";
  if (!reached("migrate.reserve") && after === "restarted") return "moved"; // its successor is asked
  const decided = reached(place.home === place.target ? "home.commit" : "migrate.prepared");
  if (decided) return "owner";
  if (place.home !== place.target || !reached("migrate.prepared")) return "undone";
  // COMMIT is on its way to a home that is no more: its next incarnation knows the target dead.
  return after === "restarted" ? "undone" : silentHome;
}

const explanations: Readonly<Record<CrashEnd, string>> = {
  undone:
    "COMMIT was not sent, or the home refused it: the source takes its copy back, and the task goes on " +
    "there as if nobody had ordered a move.",
  moved: "The home has recorded the target as the owner, or will: the task goes on at the target.",
  owner:
    "The host that the home names as the owner had the only copy that may run, and has crashed.",
  doubt:
    "COMMIT is out and only the home knows what became of it. The copies that there are stand still, " +
    "`ps` shows `in doubt (home H)`, until the home restarts or is declared dead.",
  "given-up":
    "In doubt, and the operator has declared the home dead: nobody will ever know, so no copy runs.",
};

/** The page's lines: what the words mean, then a table for each place and victim. */
export function crashLines(): string[] {
  const words = Object.entries(crashRules).map(
    ([end, text]) => `- **${text}**: ${explanations[end as CrashEnd]}`,
  );
  const tables = crashPlaces.flatMap((place) =>
    place.victims.flatMap((victim) => [
      "",
      `## ${capital(nameOf(victim))} crashes, ${place.name}`,
      "",
      ...tableOf(place, victim),
    ]),
  );
  return [...words, ...tables];
}

function tableOf(place: CrashPlace, victim: CrashRole): string[] {
  const heads = ["it crashes after", ...crashAfters.map((after) => `and is ${after}`)];
  heads[heads.length - 1] = "and stays down";
  const rows = crashSteps.map((step) => [
    `\`${step}\``,
    ...crashAfters.map((after) => crashRules[crashEnd({ place, victim, step, after })]),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}

const nameOf = (victim: CrashRole): string =>
  victim === "fs" ? "the file server" : `the ${victim}`;
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
