import { objectAt } from '../built-in/fields.ts';
import { parseQuotaKey } from '../control-plane/object-count-quota.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { readOrUndefined } from './read-or-undefined.ts';
import { updateStatus } from './update-status.ts';

/** Counting all kinds on every change would cost more than looking again now and then. */
const RECOUNT_MS = 1000;

/** Shows in a ResourceQuota's status how many objects there are of what it counts. */
export function createQuotaController({ api }: LocalControllerDeps): LocalController {
  const quotas = api.of('', 'resourcequotas');
  return {
    name: 'resourcequotas',
    watches: [{ resource: 'resourcequotas' }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const quota = await readOrUndefined(quotas, namespace, name);
      if (quota === undefined) return undefined;
      const hard = objectAt(objectAt(quota, 'spec'), 'hard') ?? {};
      const used: Record<string, string> = {};
      for (const item of Object.keys(hard)) {
        const counted = parseQuotaKey(item);
        const resource = counted === undefined ? undefined : api.find(counted.group, counted.resource);
        if (resource !== undefined) used[item] = String((await resource.list(namespace)).items.length);
      }
      await updateStatus(quotas, quota, { hard, used });
      return { requeueAfterMs: RECOUNT_MS };
    },
  };
}
