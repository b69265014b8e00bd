import { compareText } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';

/** The part of a Globalization or Localization that decides about its place. */
export interface OverridePolicy {
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
  };
  readonly spec: { readonly priority?: number };
}

const SCOPE_RANK: ReadonlyMap<string, number> = new Map([
  ['Globalization', 0],
  ['Localization', 1],
]);
const DEFAULT_PRIORITY = 500;

/**
 * Puts Globalizations and Localizations in the order in which they are applied; the last one wins.
 *
 * @param policies - Shape `[n]`, any order, not mutated. `priority`: integer 0–1000, 500 where absent.
 *   `creationTimestamp`: RFC 3339; one that has none yet is the youngest.
 * @returns Shape `[n]`. Globalizations before Localizations; then lower priority first, older first, and name and
 *   namespace by code unit. A total order, so equal input gives equal output.
 * @throws {OverrideError} `INVALID_TIMESTAMP` when a `creationTimestamp` does not parse.
 * @see docs/spec/overrides.md, "Precedence"
 */
export function orderOverridePolicies<Policy extends OverridePolicy>(policies: readonly Policy[]): Policy[] {
  const dated = policies.map((policy) => ({ policy, createdMs: parseCreatedMs(policy) }));
  dated.sort(
    (a, b) =>
      rankOf(a.policy) - rankOf(b.policy) ||
      priorityOf(a.policy) - priorityOf(b.policy) ||
      compareNumbers(a.createdMs, b.createdMs) ||
      compareText(a.policy.metadata.name ?? '', b.policy.metadata.name ?? '') ||
      compareText(a.policy.metadata.namespace ?? '', b.policy.metadata.namespace ?? ''),
  );
  return dated.map(({ policy }) => policy);
}

function rankOf({ kind }: OverridePolicy): number {
  return SCOPE_RANK.get(kind) ?? SCOPE_RANK.size;
}

function priorityOf({ spec }: OverridePolicy): number {
  return spec.priority ?? DEFAULT_PRIORITY;
}

/** Not a subtraction: two without a date are infinities, whose difference is no number. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseCreatedMs({ kind, metadata }: OverridePolicy): number {
  if (metadata.creationTimestamp === undefined) return Infinity;
  const createdMs = Date.parse(metadata.creationTimestamp);
  if (!Number.isNaN(createdMs)) return createdMs;
  throw new OverrideError(
    'INVALID_TIMESTAMP',
    `${kind} ${metadata.name ?? ''} has the creationTimestamp "${metadata.creationTimestamp}", which is no date`,
  );
}
