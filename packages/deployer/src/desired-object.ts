import { ANNOTATIONS } from '@clusternet/api-types';
import {
  cloneJson,
  decodeBase64,
  decodeUtf8,
  encodeUtf8,
  isJsonObject,
  parseJson,
} from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { DeployError } from './errors.ts';
import { formatGoJson } from './go-json.ts';
import { isApiVersion } from './inventory.ts';

/**
 * Written by the API server, or (owner references) true in the cluster it comes from only: a child would take an owner
 * that it does not know for deleted, and collect the object.
 */
const SYSTEM_METADATA = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

/** What an API server takes for all annotations of an object together, bytes. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

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
  if (!isApiVersion(apiVersion)) throw invalid(`(${kind}) has the apiVersion "${apiVersion}", which is none`);
  if (!isJsonObject(metadata) || typeof metadata['name'] !== 'string' || metadata['name'] === '')
    throw invalid(`(${kind}) has no metadata.name`);
  if (typeof (metadata['namespace'] ?? '') !== 'string')
    throw invalid(`(${kind} ${metadata['name']}) has a metadata.namespace that is not text`);
  if (metadata['namespace'] === null) delete metadata['namespace'];
  return value as unknown as KubeObject;
}

/** What owns an object in the child: `<Description namespace>.<Description name>`. */
export function ownerOf(description: KubeObject): string {
  return `${description.metadata.namespace ?? ''}.${description.metadata.name ?? ''}`;
}

/**
 * The object as it is sent to the child: without what the API server writes, and with the annotations that
 * say whose it is and (for peers that merge three ways) what was last applied: byte for byte what a Go peer writes,
 * the line end included. Secrets do not repeat their data in an annotation, and an object that is too large for
 * being repeated goes without.
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
  if (isSecret) return object;
  const lastApplied = `${formatGoJson(object as unknown as JsonValue)}\n`;
  if (sizeOf(annotations) + encodeUtf8(lastApplied).length <= MAX_ANNOTATIONS_BYTES)
    annotations[ANNOTATIONS.lastAppliedConfiguration] = lastApplied;
  return object;
}

/** As the API server counts them, and a key for the one that is to come. */
function sizeOf(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + encodeUtf8(key).length + encodeUtf8(value).length,
    ANNOTATIONS.lastAppliedConfiguration.length,
  );
}
