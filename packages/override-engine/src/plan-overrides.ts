import type { Globalization, Localization } from '@clusternet/api-types';
import type { OverrideEntry } from './override-entry.ts';
import { orderOverridePolicies } from './order-override-policies.ts';

/**
 * Lists the overrides of all policies that apply to one feed in one cluster, in the order in which they are applied.
 *
 * @param policies - Those selected for the feed and the cluster, in any order. Ones that are being deleted are
 *   left out.
 * @throws {OverrideError} `INVALID_TIMESTAMP`
 */
export function planOverrides(policies: readonly (Globalization | Localization)[]): OverrideEntry[] {
  const living = policies.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return orderOverridePolicies(living).flatMap(({ kind, metadata, spec }) => {
    const { namespace, name = '', uid } = metadata;
    const source = { kind, namespace, name, uid };
    return (spec.overrides ?? []).map((override) => ({ ...override, source }));
  });
}
