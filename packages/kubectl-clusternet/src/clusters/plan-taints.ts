import type { Taint } from '@clusternet/api-types';
import { isLabelKey, isLabelValue } from '@clusternet/kube-data';
import { PluginError } from '../errors.ts';

/** One word of `taint`. */
export type TaintChange =
  | { readonly kind: 'add'; readonly taint: Taint }
  /** Without an effect: whatever the effect. */
  | { readonly kind: 'remove'; readonly key: string; readonly effect: string | undefined };

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/**
 * Reads `KEY=VALUE:EFFECT`, `KEY:EFFECT`, and with a dash behind it `KEY:EFFECT-` or `KEY-`, as `kubectl taint` does.
 * @throws {PluginError} `USAGE`
 */
export function parseTaintChange(word: string): TaintChange {
  const [, key = '', value, effect, dash] = /^([^=:]+?)(?:=([^:]*))?(?::([A-Za-z]+))?(-)?$/.exec(word) ?? [];
  const isRemoval = dash !== undefined;
  const isSound =
    isLabelKey(key) &&
    (effect === undefined ? isRemoval : EFFECTS.includes(effect)) &&
    (value === undefined || (isLabelValue(value) && !isRemoval));
  if (!isSound)
    throw new PluginError(
      'USAGE',
      `"${word}" is no taint: write KEY=VALUE:EFFECT or KEY:EFFECT- with one of ${EFFECTS.join(', ')}`,
    );
  if (isRemoval) return { kind: 'remove', key, effect };
  return { kind: 'add', taint: { key, ...(value === undefined ? {} : { value }), effect: effect ?? '' } };
}

/**
 * The taints after some changes, in their order.
 * @param isOverwriting - lets a taint of the same key and effect get another value
 * @throws {PluginError} `USAGE` for one that is there with another value, or is not there to be removed
 */
export function planTaints(
  current: readonly Taint[],
  changes: readonly TaintChange[],
  isOverwriting: boolean,
): Taint[] {
  let taints = [...current];
  for (const change of changes) {
    if (change.kind === 'remove') {
      const kept = taints.filter(
        ({ key, effect }) => key !== change.key || (change.effect !== undefined && effect !== change.effect),
      );
      if (kept.length === taints.length)
        throw new PluginError('USAGE', `there is no taint ${change.key} to remove`);
      taints = kept;
      continue;
    }
    const { taint } = change;
    const at = taints.findIndex(({ key, effect }) => key === taint.key && effect === taint.effect);
    const there = taints[at];
    if (there !== undefined && !isOverwriting && (there.value ?? '') !== (taint.value ?? '')) {
      throw new PluginError(
        'USAGE',
        `there is a taint ${taint.key}:${taint.effect} with value "${there.value ?? ''}" already; give --overwrite`,
      );
    }
    taints = at < 0 ? [...taints, taint] : taints.with(at, taint);
  }
  return taints;
}
