import type { Globalization, Localization } from '@clusternet/api-types';
import { hasOptIn, OVERRIDE_OPT_INS } from './opt-ins.ts';
import type { OverrideEntry } from './override-entry.ts';
import { orderOverridePolicies } from './order-override-policies.ts';

/**
 * Lists the overrides of all policies that apply to one feed in one cluster, in the order in which they are applied.
 *
 * @param policies - Those selected for the feed and the cluster, in any order. Ones that are being deleted are
 *   left out.
 * @returns Every entry with its source and its index there, and with the additions that its policy asks for.
 * @throws {OverrideError} `INVALID_TIMESTAMP`, `INVALID_OPT_IN`
 */
export function planOverrides(policies: readonly (Globalization | Localization)[]): OverrideEntry[] {
  const living = policies.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return orderOverridePolicies(living).flatMap(({ kind, metadata, spec }) => {
    const { namespace, name = '', uid, annotations } = metadata;
    const source = { kind, namespace, name, uid };
    const isTemplated = hasOptIn(source, annotations, OVERRIDE_OPT_INS.templates);
    const isStrategic = hasOptIn(source, annotations, OVERRIDE_OPT_INS.strategicMerge);
    return (spec.overrides ?? []).map((override) => ({
      ...override,
      source,
      ...(isTemplated ? { isTemplated } : {}),
      ...(isStrategic ? { isStrategic } : {}),
    }));
  });
}
