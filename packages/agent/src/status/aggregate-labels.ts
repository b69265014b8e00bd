import { compareText } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';

const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/**
 * Labels that enough worker nodes agree on.
 *
 * @param threshold - share of the workers, 0–1
 * @returns per key the most frequent value; of equally frequent ones the first by code unit, so that nothing flaps
 */
export function aggregateLabels(
  nodes: readonly KubeObject[],
  prefixes: readonly string[],
  threshold: number,
): Record<string, string> {
  const workers = nodes.filter(
    ({ metadata: { labels = {} } }) => !CONTROL_PLANE.some((key) => key in labels),
  );
  const counts = new Map<string, Map<string, number>>();
  for (const { metadata } of workers) {
    for (const [key, value] of Object.entries(metadata.labels ?? {})) {
      if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
      const values = counts.get(key) ?? new Map<string, number>();
      counts.set(key, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  const labels: Record<string, string> = {};
  for (const [key, values] of counts) {
    const [best] = [...values].sort(([a, countA], [b, countB]) => countB - countA || compareText(a, b));
    if (best !== undefined && best[1] / workers.length >= threshold) labels[key] = best[0];
  }
  return labels;
}

/** What to change so that the labels with one of the prefixes are exactly `wanted`; null removes one. */
export function planLabelPatch(
  current: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  prefixes: readonly string[],
): Record<string, string | null> {
  const patch: Record<string, string | null> = {};
  for (const key of Object.keys(current)) {
    if (prefixes.some((prefix) => key.startsWith(prefix)) && !Object.hasOwn(wanted, key)) patch[key] = null;
  }
  for (const [key, value] of Object.entries(wanted)) if (current[key] !== value) patch[key] = value;
  return patch;
}
