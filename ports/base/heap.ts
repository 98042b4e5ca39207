// A binary heap over a plain array, so that a host's inputs and timers are data that can be saved.

/** Orders two items: negative when `a` comes first. Must be total, or order comes from chance. */
export type Order<T> = (a: T, b: T) => number;

export function heapPush<T>(heap: T[], item: T, order: Order<T>): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as T;
    if (order(item, above) >= 0) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = item;
}

/** Removes and returns the first item, or undefined from an empty heap. */
export function heapPop<T>(heap: T[], order: Order<T>): T | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    // Ends because `at` at least doubles in each round.
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child =
      right < heap.length && order(heap[right] as T, heap[left] as T) < 0 ? right : left;
    const below = heap[child] as T;
    if (order(last, below) <= 0) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return first;
}
