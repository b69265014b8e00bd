import { startKubelet } from '@clusternet/playground';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { Plane } from './plane.ts';

/** A simulated node, so that workloads become ready. */
export function startNode(plane: Plane): AsyncDisposable {
  return startKubelet({ client: plane.client, clock: systemClock, random: systemRandom, log: silentLogger });
}
