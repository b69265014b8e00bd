import { ApiError, formatGroupResource } from '@clusternet/apiserver';
import type { Admission, ResourceNames } from '@clusternet/apiserver';
import { parseQuantity } from '@clusternet/kube-data';
import { objectAt } from '../built-in/fields.ts';
import type { LocalApi } from './local-api.ts';

/** Kinds that quotas also count under their bare name. */
const PLAIN: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** The keys of a quota that count objects of a kind. */
export function listQuotaKeys({ group, resource }: Pick<ResourceNames, 'group' | 'resource'>): string[] {
  const key = `count/${formatGroupResource({ group, resource })}`;
  return group === '' && PLAIN.has(resource) ? [key, resource] : [key];
}

/** The kind that a key of a quota counts; undefined for keys that count something else. */
export function parseQuotaKey(
  key: string,
): { readonly group: string; readonly resource: string } | undefined {
  if (PLAIN.has(key)) return { group: '', resource: key };
  const [, resource, group = ''] = /^count\/([^.]+)(?:\.(.+))?$/.exec(key) ?? [];
  return resource === undefined ? undefined : { group, resource };
}

/** Refuses what would be more objects than a ResourceQuota allows. */
export function createObjectCountQuota(api: LocalApi): Admission {
  return async ({ operation, resource, subresource, namespace, name }) => {
    if (operation !== 'CREATE' || subresource !== '' || !resource.namespaced) return;
    const { items: quotas } = await api.of('', 'resourcequotas').list(namespace);
    for (const quota of quotas) {
      const hard = objectAt(objectAt(quota, 'spec'), 'hard') ?? {};
      for (const key of listQuotaKeys(resource)) {
        const limit = hard[key];
        if (limit === undefined) continue;
        const used = (await api.of(resource.group, resource.resource).list(namespace)).items.length;
        if (used < toNumber(limit)) continue;
        const { group } = resource;
        throw new ApiError(
          'Forbidden',
          `${formatGroupResource({ group, resource: resource.resource })} ${JSON.stringify(name)} is forbidden: exceeded quota: ${quota.metadata.name ?? ''}, requested: ${key}=1, used: ${key}=${used}, limited: ${key}=${toNumber(limit)}`,
          { name, ...(group === '' ? {} : { group }), kind: resource.resource },
        );
      }
    }
  };
}

function toNumber(limit: unknown): number {
  if (typeof limit === 'number') return limit;
  return Number(parseQuantity(typeof limit === 'string' ? limit : '0').nanos / 1_000_000_000n);
}
