import { OverrideError } from './errors.ts';
import type { OverrideSource } from './override-entry.ts';

/**
 * Annotations of a Globalization or Localization that ask for more than Go peers offer. Their value is `true`.
 *
 * `templates`: `${{ cluster… }}` in the values stands for facts about the cluster.
 * `strategicMerge`: entries of type `MergePatch` merge lists by their keys, where the kind of the object is built in.
 */
export const OVERRIDE_OPT_INS = {
  templates: 'apps.clusternet.io/override-templates',
  strategicMerge: 'apps.clusternet.io/strategic-merge',
} as const;

/**
 * Whether a policy asks for an addition.
 *
 * @throws {OverrideError} `INVALID_OPT_IN` for a value that is neither `true` nor `false`
 */
export function hasOptIn(
  source: OverrideSource,
  annotations: Readonly<Record<string, string>> | undefined,
  key: string,
): boolean {
  const value = annotations !== undefined && Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  const { kind, namespace = '', name } = source;
  const owner = namespace === '' ? name : `${namespace}/${name}`;
  throw new OverrideError(
    'INVALID_OPT_IN',
    `${kind} ${owner} has the annotation ${key} with the value "${value.slice(0, 60)}"; write "true", or take it away`,
    { source },
  );
}
