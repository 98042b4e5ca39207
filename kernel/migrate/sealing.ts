// Objects of frozen tasks are sealed: their pages stay in their frames, and nothing is pushed to them.
// Several frozen tasks may show one object, a file's above all: it is sealed until the last one goes.

import type { MemoryObject } from "../vm/index.ts";

export function seal(object: MemoryObject): void {
  object.sealed++;
}

export function unseal(object: MemoryObject): void {
  object.sealed--;
}
