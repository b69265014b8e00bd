import { createSelector, hashFnv1a32, matchSelector, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject, LabelSelector, OwnerReference } from '@clusternet/kube-data';
import { labelsAt, objectAt, objectsAt, textAt, textsAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalApi } from '../control-plane/local-api.ts';

/** Whether a pod's condition `Ready` holds. */
export function isPodReady(pod: KubeObject): boolean {
  return objectsAt(objectAt(pod, 'status'), 'conditions').some(
    (item) => item['type'] === 'Ready' && item['status'] === 'True',
  );
}

/** Whether a pod runs or may still come to run. */
export function isPodActive(pod: KubeObject): boolean {
  const phase = textAt(objectAt(pod, 'status'), 'phase');
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}

/** The owner that controls an object. */
export function getController(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Keys of the controllers of one kind that an object belongs or belonged to. */
export function controllerKeys(
  kind: string,
): (object: KubeObject, previous: KubeObject | undefined) => string[] {
  return (object, previous) => {
    const keys = new Set<string>();
    for (const item of [object, previous]) {
      const owner = item === undefined ? undefined : getController(item);
      if (owner?.kind === kind) keys.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
    }
    return [...keys];
  };
}

/** The objects in a namespace that `owner` controls. */
export async function listOwned(
  api: LocalApi,
  at: { group: string; resource: string },
  owner: KubeObject,
): Promise<KubeObject[]> {
  const { items } = await api.of(at.group, at.resource).list(owner.metadata.namespace ?? '');
  return items.filter((item) => getController(item)?.uid === owner.metadata.uid);
}

/** Whether a selector in an object's spec selects a pod. */
export function selects(selector: unknown, pod: KubeObject): boolean {
  return matchSelector(createSelector(selector as LabelSelector), pod.metadata.labels);
}

/** A reference to a controller. */
export function createOwnerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** What a pod gets beside its template. */
export interface PodExtras {
  /** @default generated */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
}

/** Creates a pod from a template, controlled by `owner`. */
export async function createPod(
  api: LocalApi,
  owner: KubeObject,
  template: JsonObject | undefined,
  extras: PodExtras = {},
): Promise<void> {
  const { namespace = '', name: ownerName = '' } = owner.metadata;
  const meta = objectAt(template, 'metadata');
  const finalizers = textsAt(meta, 'finalizers');
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(extras.name === undefined ? { generateName: `${ownerName}-` } : { name: extras.name }),
      namespace,
      labels: { ...labelsAt(meta, 'labels'), ...extras.labels },
      annotations: labelsAt(meta, 'annotations'),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ownerReferences: [createOwnerReference(owner)],
    },
    spec: structuredClone({ ...objectAt(template, 'spec'), ...extras.spec }),
  };
  if (Object.keys(pod.metadata.annotations ?? {}).length === 0) delete pod.metadata.annotations;
  await api.of('', 'pods').create(namespace, pod, createSystemContext('kube-controller-manager'));
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name for a template: equal templates have equal names. */
export function hashTemplate(template: unknown): string {
  const digits = String(hashFnv1a32(stringifyJson(sortKeys(template as JsonValue))));
  return digits.replaceAll(/\d/g, (digit) => ALPHABET[(digit.codePointAt(0) ?? 0) % ALPHABET.length] ?? '');
}

function sortKeys(value: JsonValue | undefined): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}

/** A number or a percentage of `total`. */
export function resolveShare(value: unknown, total: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '')?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

/** Sets a condition in a list; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly JsonObject[],
  condition: JsonObject,
  at: string,
): JsonObject[] {
  const known = conditions.find((item) => item['type'] === condition['type']);
  const isSame = known?.['status'] === condition['status'];
  const next = { ...condition, lastTransitionTime: isSame ? (known?.['lastTransitionTime'] ?? at) : at };
  return known === undefined
    ? [...conditions, next]
    : conditions.map((item) => (item === known ? next : item));
}
