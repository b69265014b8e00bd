import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';

/** Metadata that says something of one object in one API, not of a template. The uid stays: patches of Go hubs need it. */
const OWN_METADATA = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
] as const;

const POD_JOB_LABELS = [
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
] as const;

/**
 * Takes out of an object what makes it one of the parent's, in place (spec B §5.6): its status, what the system says of it,
 * and what the parent picked for a Job or a Service, which every child picks for itself.
 */
export function trimObject(object: KubeObject): void {
  for (const key of OWN_METADATA) Reflect.deleteProperty(object.metadata, key);
  delete object['status'];
  const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [];
  if (group === 'batch' && object.kind === 'Job') trimJob(object);
  if (group === '' && object.kind === 'Service') trimService(object);
}

function trimJob(object: KubeObject): void {
  const spec = at(object, 'spec');
  const matchLabels = at(at(spec, 'selector'), 'matchLabels');
  removeKeys(matchLabels, POD_JOB_LABELS.slice(0, 2));
  const podMetadata = at(at(spec, 'template'), 'metadata');
  removeKeys(podMetadata, ['creationTimestamp']);
  removeKeys(at(podMetadata, 'labels'), POD_JOB_LABELS);
}

function trimService(object: KubeObject): void {
  const spec = at(object, 'spec');
  const type = spec?.['type'];
  if (spec === undefined || typeof type !== 'string') return;
  const { clusterIP } = spec;
  if (clusterIP !== undefined && clusterIP !== 'None') removeKeys(spec, ['clusterIP', 'clusterIPs']);
  if (type !== 'NodePort' && type !== 'LoadBalancer') return;
  removeKeys(spec, ['healthCheckNodePort']);
  const ports = Array.isArray(spec['ports']) ? spec['ports'] : [];
  for (const port of ports) if (isJsonObject(port)) removeKeys(port, ['nodePort']);
}

function at(parent: unknown, key: string): JsonObject | undefined {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return isJsonObject(value) ? value : undefined;
}

function removeKeys(object: JsonObject | undefined, keys: readonly string[]): void {
  if (object !== undefined) for (const key of keys) Reflect.deleteProperty(object, key);
}
