// Standard input of this process for several runs of one program: read once, as the first run asks
// for it, and given to the others again.

import { type InputKind, type MachineInput, openInput, standardInputKind } from "../run-input.ts";
import type { RunInput } from "../run.ts";

export class SharedInput implements RunInput {
  readonly #answers: Uint8Array[] = [];
  #source: MachineInput | null = null;

  /** What is typed comes at real times: a terminal is not read. */
  kind(): InputKind {
    const kind = standardInputKind();
    return kind === "terminal" ? null : kind;
  }

  /** Each run begins at the beginning. */
  open(kind: "file" | "pipe", onFailure: () => void): MachineInput {
    const source = (this.#source ??= openInput(kind, onFailure));
    const answers = this.#answers;
    let next = 0;
    return {
      kind,
      get failure() {
        return source.failure;
      },
      async read(count) {
        const known = answers[next++];
        // A run that asks for less than the first did is another run: that will be told.
        if (known) return known.subarray(0, count);
        const bytes = (await source.read(count)).slice();
        answers.push(bytes);
        return bytes;
      },
      cancel: () => source.cancel(),
    };
  }
}
