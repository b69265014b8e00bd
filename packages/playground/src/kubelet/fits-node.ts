import { createSelector, matchSelector } from '@clusternet/kube-data';
import type { JsonObject, KubeObject, LabelSelector } from '@clusternet/kube-data';
import { labelsAt, objectAt, objectsAt, textAt, textsAt } from '../built-in/fields.ts';

/**
 * Whether a scheduler could put a pod on a node: selectors, required node affinity, taints and cordons. Resources are
 * not counted, a simulated node has as many as anybody wants.
 */
export function fitsNode(pod: KubeObject, node: KubeObject): boolean {
  const spec = objectAt(pod, 'spec');
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(labelsAt(spec, 'nodeSelector'));
  return (
    selected.every(([key, value]) => labels[key] === value) &&
    matchesAffinity(spec, node) &&
    listTaints(node).every((taint) => isTolerated(spec, taint))
  );
}

function matchesAffinity(spec: JsonObject | undefined, node: KubeObject): boolean {
  const affinity = objectAt(objectAt(spec, 'affinity'), 'nodeAffinity');
  const required = objectAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution');
  if (required === undefined) return true;
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return objectsAt(required, 'nodeSelectorTerms').some((term) => {
    const [expressions, names] = [objectsAt(term, 'matchExpressions'), objectsAt(term, 'matchFields')];
    if (expressions.length + names.length === 0) return false; // a term without conditions selects nothing
    return (
      expressions.every((item) => matchesRequirement(item, node.metadata.labels ?? {})) &&
      names.every((item) => matchesRequirement(item, fields))
    );
  });
}

function matchesRequirement(item: JsonObject, values: Readonly<Record<string, string>>): boolean {
  const [key, operator] = [textAt(item, 'key'), textAt(item, 'operator')];
  if (operator === 'Gt' || operator === 'Lt') {
    const [have, limit] = [Number(values[key]), Number(textsAt(item, 'values')[0])];
    return operator === 'Gt' ? have > limit : have < limit;
  }
  return matchSelector(createSelector({ matchExpressions: [item] } as unknown as LabelSelector), values);
}

/**
 * Taints that keep pods away. Those that controllers derive from the conditions of a node are left out: a simulated
 * node is well as long as it is there.
 */
function listTaints(node: KubeObject): JsonObject[] {
  const spec = objectAt(node, 'spec');
  const given = objectsAt(spec, 'taints').filter(
    (taint) =>
      textAt(taint, 'effect') !== 'PreferNoSchedule' &&
      !textAt(taint, 'key').startsWith('node.kubernetes.io/'),
  );
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  return spec?.['unschedulable'] === true ? [...given, cordon] : given;
}

function isTolerated(spec: JsonObject | undefined, taint: JsonObject): boolean {
  return objectsAt(spec, 'tolerations').some((toleration) => {
    const [key, effect] = [textAt(toleration, 'key'), textAt(toleration, 'effect')];
    if (effect !== '' && effect !== textAt(taint, 'effect')) return false;
    if (key !== '' && key !== textAt(taint, 'key')) return false;
    return (
      textAt(toleration, 'operator') === 'Exists' || textAt(toleration, 'value') === textAt(taint, 'value')
    );
  });
}
