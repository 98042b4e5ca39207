// What may stand in a place of a command.
//
//   first word      a verb, a program, a file with a slash in it, @HOST
//   a verb's word   its options; what its row offers for that place
//   a program's     files of the guests
//   behind > or <   files of the guests

import { paces } from "../pace.ts";
import type { Scanned } from "./scan.ts";
import type { Entry, PlaceOffer, VerbWords, World } from "./world.ts";

export interface Candidate {
  /** The whole word. */
  readonly text: string;
  /** The word as a list shows it. */
  readonly shown: string;
  /** More may follow without a blank: a directory, `--option=`. */
  readonly open: boolean;
}

/** Where the guests' programs are. */
const programFolders = ["/bin", "/usr/bin"] as const;
/** Words that begin or end a block, or a line that waits. */
const blockWords = ["at", "else", "end", "if", "repeat"] as const;

export function names(texts: readonly string[]): readonly Candidate[] {
  return texts.map((text) => ({ text, shown: text, open: false }));
}

/** Everything that may stand at the cursor, whether it begins as the word there does or not. */
export function candidatesFor(scanned: Scanned, world: World): readonly Candidate[] {
  const { words, word, place } = scanned;
  if (place === "file") return guestFiles(word, world);
  const [first] = words;
  if (first === undefined) return commandWords(scanned, world);
  const verb = scanned.on
    ? undefined
    : world.verbs.find(({ name, prepare }) => name === first && prepare !== undefined);
  return verb ? verbWords(verb, words.slice(1), word, world) : guestFiles(word, world);
}

function commandWords({ word, on }: Scanned, world: World): readonly Candidate[] {
  if (word.startsWith("@")) return names(guestHosts(world).map((host) => `@${host}`));
  if (word.startsWith("./") || word.startsWith("../")) return machineFiles(word, world);
  if (word.includes("/")) return guestFiles(word, world);
  const verbs = world.verbs.filter(({ prepare }) => prepare !== undefined);
  const own = on ? [] : [...verbs.map(({ name }) => name), ...blockWords];
  return names([...new Set([...own, ...programs(world)])].sort());
}

function programs(world: World): readonly string[] {
  return programFolders.flatMap((folder) =>
    world
      .guestFiles(folder)
      .filter(({ kind }) => kind !== "directory")
      .map(({ name }) => name),
  );
}

function verbWords(
  verb: VerbWords,
  words: readonly string[],
  word: string,
  world: World,
): readonly Candidate[] {
  const options = verb.options ?? [];
  const flag = (text: string): VerbWords["options"] =>
    options.filter(({ name }) => dashed(name) === text);
  const equals = /^(--[\w-]+)=/.exec(word);
  if (equals) {
    const [option] = flag(equals[1] ?? "") ?? [];
    return offered(option?.value?.offer, word.slice(equals[0].length), world).map((candidate) => ({
      ...candidate,
      text: equals[0] + candidate.text,
    }));
  }
  const [pending] = flag(words.at(-1) ?? "") ?? [];
  if (pending?.value) return offered(pending.value.offer, word, world);
  const given = plainWords(words, (text) => (flag(text)?.[0]?.value ?? null) !== null);
  const places = verb.words ?? [];
  // Behind a program come its own words.
  const program = places.findIndex(({ offer }) => offer?.from === "programs");
  if (program >= 0 && given.length > program) return guestFiles(word, world);
  if (word.startsWith("-")) return names(options.map(({ name }) => dashed(name)));
  const place = places[Math.min(given.length, places.length - 1)];
  return offered(settingOffer(verb, given) ?? place?.offer, word, world);
}

/** The values of `set NAME`, which no other verb's places depend on. */
const settingOffers: Readonly<Record<string, PlaceOffer>> = {
  pace: { from: "words", words: paces },
  driver: { from: "words", words: ["worker", "inline"] },
  on: { from: "guest-hosts" },
};

function settingOffer({ name }: VerbWords, [given]: readonly string[]): PlaceOffer | undefined {
  const known = name === "set" && given !== undefined && Object.hasOwn(settingOffers, given);
  return known ? settingOffers[given] : undefined;
}

const dashed = (name: string): string => (name.startsWith("-") ? name : `--${name}`);

/** The words that are neither options nor their values. */
function plainWords(
  words: readonly string[],
  takesValue: (flag: string) => boolean,
): readonly string[] {
  return words.filter((text, index) => {
    const before = words[index - 1] ?? "";
    return !text.startsWith("-") && !(before.startsWith("-") && takesValue(before));
  });
}

function offered(offer: PlaceOffer | undefined, word: string, world: World): readonly Candidate[] {
  switch (offer?.from) {
    case undefined:
      return [];
    case "words":
      return names(offer.words);
    case "hosts":
      return names([...guestHosts(world), "fs"]);
    case "guest-hosts":
      return names(guestHosts(world));
    case "jobs":
      return names(world.jobs);
    case "ports":
      return names(world.ports);
    case "variables":
      return names(world.variables);
    case "verbs":
      return names(world.verbs.map(({ name }) => name));
    case "programs":
      if (word.startsWith("./") || word.startsWith("../")) return machineFiles(word, world);
      return word.includes("/") ? guestFiles(word, world) : names([...programs(world)].sort());
    case "guest-files":
      return guestFiles(word, world);
    case "machine-files":
      return machineFiles(word, world);
  }
}

function guestHosts({ hosts }: World): readonly string[] {
  return Array.from({ length: hosts }, (_, index) => `h${index + 1}`);
}

/** Relative paths of guests begin at `/`. */
function guestFiles(word: string, world: World): readonly Candidate[] {
  return files(word, (folder) =>
    world.guestFiles(`/${folder}`.replace(/^\/+/, "/").replace(/(?<=.)\/+$/, "")),
  );
}

function machineFiles(word: string, world: World): readonly Candidate[] {
  return files(word, (folder) => world.machineFiles(folder === "" ? "." : folder));
}

/** The names in the folder that the word is in. Names with a dot in front have to be asked for. */
function files(word: string, list: (folder: string) => readonly Entry[]): readonly Candidate[] {
  const folder = word.slice(0, word.lastIndexOf("/") + 1);
  const hidden = word.slice(folder.length).startsWith(".");
  return list(folder)
    .filter(({ name }) => hidden || !name.startsWith("."))
    .map(({ name, kind }) => {
      const slash = kind === "directory" ? "/" : "";
      return { text: folder + name + slash, shown: name + slash, open: slash !== "" };
    });
}
