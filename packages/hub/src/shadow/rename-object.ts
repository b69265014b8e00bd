import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';

/** Labels by which Kubernetes says the name of an object again. */
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name', 'kubernetes.io/metadata.name'];

/** Gives an object another name, in place, in the labels that repeat it, too. */
export function renameObject(object: KubeObject, name: string): void {
  const before = object.metadata.name;
  object.metadata.name = name;
  const template = at(at(object, 'spec'), 'template');
  for (const labels of [object.metadata.labels, at(at(template, 'metadata'), 'labels')]) {
    for (const key of NAME_LABELS) {
      if (labels !== undefined && labels[key] === before && before !== undefined) labels[key] = name;
    }
  }
}

function at(parent: unknown, key: string): JsonObject | undefined {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return isJsonObject(value) ? value : undefined;
}
