import { SERVICE_CLASSES } from './frame.ts';
import type { ServiceClass } from './frame.ts';

/** How often each class may be passed over by higher ones before it has a turn. */
const PATIENCE: readonly number[] = [0, 4, 8];

/**
 * Whose turn it is. A higher class goes first, but never starves a lower one; streams of one class take turns.
 */
export class SendOrder<T extends object> {
  readonly #queues: readonly Set<T>[] = SERVICE_CLASSES.map(() => new Set<T>());
  readonly #passedOver: number[] = SERVICE_CLASSES.map(() => 0);
  readonly #places = new Map<T, Set<T>>();

  get size(): number {
    return this.#places.size;
  }

  /** Puts `item` at the end of its class, unless it waits already. */
  add(item: T, serviceClass: ServiceClass): void {
    if (this.#places.has(item)) return;
    const queue = this.#queues[SERVICE_CLASSES.indexOf(serviceClass)];
    if (queue === undefined) return;
    queue.add(item);
    this.#places.set(item, queue);
  }

  delete(item: T): void {
    this.#places.get(item)?.delete(item);
    this.#places.delete(item);
  }

  clear(): void {
    for (const queue of this.#queues) queue.clear();
    this.#places.clear();
  }

  /** Takes whose turn it is. */
  next(): T | undefined {
    const rank = this.#chooseRank();
    const queue = this.#queues[rank];
    if (queue === undefined) return undefined;
    this.#passedOver[rank] = 0;
    for (let lower = rank + 1; lower < this.#queues.length; lower += 1) {
      if ((this.#queues[lower]?.size ?? 0) > 0) this.#passedOver[lower] = (this.#passedOver[lower] ?? 0) + 1;
    }
    for (const item of queue) {
      this.delete(item);
      return item;
    }
    return undefined;
  }

  #chooseRank(): number {
    let highest = -1;
    for (let rank = this.#queues.length - 1; rank >= 0; rank -= 1) {
      if ((this.#queues[rank]?.size ?? 0) === 0) continue;
      if ((this.#passedOver[rank] ?? 0) > (PATIENCE[rank] ?? 0) && rank > 0) return rank;
      highest = rank;
    }
    return highest;
  }
}
