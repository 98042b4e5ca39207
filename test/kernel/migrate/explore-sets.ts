// Values as numbers, and choices among them.

/** Equal values, by their keys, have one number. */
export class Interned<T> {
  readonly values: T[] = [];
  readonly #numbers = new Map<string, number>();
  number(value: T, key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
  at(number: number): T {
    return this.values[number] as T;
  }
}

/** All choices of at most so many. */
export function subsets(of: readonly number[], max: number): number[][] {
  const chosen: number[][] = [[]];
  for (const one of of) {
    for (const some of [...chosen]) if (some.length < max) chosen.push([...some, one]);
  }
  return chosen;
}
