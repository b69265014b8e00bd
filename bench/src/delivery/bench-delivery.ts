import type { BenchRow } from '../row.ts';
import { benchOverrideEngine } from './override-engine.ts';

/** The way of an object from its feed to a child. */
export async function benchDelivery(wants: (part: string) => boolean): Promise<BenchRow[]> {
  return Promise.resolve(wants('overrideEngine') ? benchOverrideEngine() : []);
}
