// What completion may ask of the world. Looking is all it does.

export interface Entry {
  readonly name: string;
  /** Only a directory matters: more may follow it. */
  readonly kind: string;
}

/** What of a verb completion has to know; a row of the table has it. */
export interface VerbWords {
  readonly name: string;
  readonly prepare?: unknown;
  readonly background?: true;
  readonly words?: readonly Place[];
  readonly options?: readonly {
    readonly name: string;
    readonly value: Place | null;
  }[];
}

interface Place {
  readonly name: string;
  readonly offer?: PlaceOffer;
}

/** As `Offer` of a verb's words. */
export type PlaceOffer =
  | { readonly from: "hosts" | "guest-hosts" | "jobs" | "ports" | "programs" }
  | { readonly from: "guest-files" | "machine-files" | "verbs" | "variables" }
  | { readonly from: "words"; readonly words: readonly string[] };

export interface World {
  readonly verbs: readonly VerbWords[];
  /** Hosts h1 to hN. */
  readonly hosts: number;
  /** `%1`, and what it runs. */
  readonly jobs: readonly string[];
  readonly ports: readonly string[];
  readonly variables: readonly string[];
  /** The names in a directory of the guests, or of this machine; empty where there is none. */
  readonly guestFiles: (path: string) => readonly Entry[];
  readonly machineFiles: (path: string) => readonly Entry[];
}
