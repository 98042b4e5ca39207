// The files of the guests that a field with patterns names, from directory to directory.
//
//   "b*//[a-c]*/"  is  "" b*   "//" [a-c]*   "/" nothing: a directory is wanted
//
// The paths found so far grow by a step at a time. Slashes, "." and ".." stay as they were typed.

import { matches, patternOf, type Piece } from "./glob.ts";

/** The names in a directory of the guests, given by its absolute path; null if it is none. */
export type Files = (directory: string) => readonly string[] | null;

/** The files' names in the order of their bytes; without any, the field as it was typed. */
export function findFiles(field: readonly Piece[], files: Files): readonly string[] {
  const steps = stepsOf(field);
  const first = steps.findIndex(isPattern);
  if (first < 0) return [textOf(field)];
  let paths: readonly string[] = [steps.slice(0, first).map(stepText).join("")];
  for (const step of steps.slice(first)) paths = paths.flatMap((path) => extend(path, step, files));
  return paths.length === 0 ? [textOf(field)] : [...paths].sort(compareBytes);
}

/** The slashes before a name, and what the name has to be. */
interface Step {
  slashes: string;
  readonly name: Piece[];
}

function stepsOf(field: readonly Piece[]): readonly Step[] {
  let step: Step = { slashes: "", name: [] };
  const steps = [step];
  for (const { text, glob } of field) {
    for (const piece of text.split(/(\/)/)) {
      if (piece === "/") {
        if (step.name.length > 0) steps.push((step = { slashes: "", name: [] }));
        step.slashes += "/";
      } else if (piece !== "") {
        step.name.push({ text: piece, glob });
      }
    }
  }
  return steps;
}

function isPattern({ name }: Step): boolean {
  return name.some(({ glob }) => glob);
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

function stepText({ slashes, name }: Step): string {
  return slashes + textOf(name);
}

function extend(path: string, step: Step, files: Files): readonly string[] {
  const base = path + step.slashes;
  const names = files(absolute(base));
  if (names === null) return [];
  if (isPattern(step)) {
    const pattern = patternOf(step.name);
    const found = names.filter((name) => name !== "." && name !== ".." && matches(pattern, name));
    return found.map((name) => base + name);
  }
  const name = textOf(step.name);
  return ["", ".", ".."].includes(name) || names.includes(name) ? [base + name] : [];
}

/** The path from the root; the guests' working folder is the root. */
function absolute(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
