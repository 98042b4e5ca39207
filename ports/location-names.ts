// The five ways to find a port that has moved, by name; `location.ts` says what each does.

export const locationNames = ["redirect", "relay", "home", "search", "update"] as const;
export type LocationName = (typeof locationNames)[number];
