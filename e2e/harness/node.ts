import type { Plane } from './plane.ts';

/** A simulated node, so that workloads become ready. */
export async function startNode(_plane: Plane): Promise<AsyncDisposable> {
  await Promise.resolve();
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}
