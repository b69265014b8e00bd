import { ANNOTATIONS } from '@clusternet/api-types';
import {
  cloneJson,
  decodeBase64,
  decodeUtf8,
  isJsonObject,
  parseJson,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { DeployError } from './errors.ts';

/** Written by the API server; never ours to send. */
const SYSTEM_METADATA = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

const KUBECTL_LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Reads one entry of `Description.spec.raw`: base64 of a JSON object.
 * @throws {DeployError} `INVALID_DOCUMENT` naming the entry
 */
export function parseDocument(raw: string, index: number): KubeObject {
  const invalid = (problem: string, cause?: unknown): DeployError =>
    new DeployError('INVALID_DOCUMENT', `spec.raw[${index}] ${problem}`, { cause });
  let value: JsonValue;
  try {
    value = parseJson(decodeUtf8(decodeBase64(raw)));
  } catch (cause) {
    throw invalid('is not base64 of a JSON document', cause);
  }
  if (!isJsonObject(value)) throw invalid('is not an object');
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw invalid('has no apiVersion or kind');
  if (!isJsonObject(metadata) || typeof metadata['name'] !== 'string')
    throw invalid(`(${kind}) has no metadata.name`);
  return value as unknown as KubeObject;
}

/** What owns an object in the child: `<Description namespace>.<Description name>`. */
export function ownerOf(description: KubeObject): string {
  return `${description.metadata.namespace ?? ''}.${description.metadata.name ?? ''}`;
}

/**
 * The object as it is sent to the child: without what the API server writes, and with the annotations that
 * say whose it is and (for peers that merge three ways) what was last applied. Secrets do not repeat their
 * data in an annotation.
 */
export function createDesiredObject(document: KubeObject, owner: string): KubeObject {
  const object = cloneJson(document as unknown as JsonValue) as unknown as KubeObject;
  for (const field of SYSTEM_METADATA) delete (object.metadata as Record<string, unknown>)[field];
  delete object['status'];
  const annotations = { ...object.metadata.annotations };
  delete annotations[KUBECTL_LAST_APPLIED];
  delete annotations[ANNOTATIONS.lastAppliedConfiguration];
  annotations[ANNOTATIONS.ownedByDescription] = owner;
  object.metadata.annotations = annotations;
  const isSecret = object.kind === 'Secret' && object.apiVersion === 'v1';
  if (!isSecret) annotations[ANNOTATIONS.lastAppliedConfiguration] = `${stringifyJson(object)}\n`;
  return object;
}
