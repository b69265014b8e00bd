import type { BenchRow } from '../row.ts';
import { benchLiveDelivery } from './live-rows.ts';
import { benchOverrideEngine } from './override-engine.ts';

const LIVE = ['noopCalls', 'fanout100', 'createToChild', 'oneOverride', 'restart', 'writesPerPair'];

/** The way of an object from its feed to a child. */
export async function benchDelivery(wants: (part: string) => boolean): Promise<BenchRow[]> {
  return [
    ...(wants('overrideEngine') ? benchOverrideEngine() : []),
    ...(LIVE.some(wants) ? await benchLiveDelivery(wants) : []),
  ];
}
