import { formatQuantity, isJsonObject, parseQuantity } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { ensureObject, objectAt, objectsAt, setDefaults, textAt } from './fields.ts';

/** Fills in the defaults of a PodSpec, be it that of a pod or of a template. */
export function applyPodSpecDefaults(spec: JsonObject): void {
  setDefaults(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
  });
  ensureObject(spec, 'securityContext');
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  if (account !== '') {
    spec['serviceAccountName'] = account;
    spec['serviceAccount'] = account;
  }
  for (const key of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of objectsAt(spec, key))
      applyContainerDefaults(container, spec['hostNetwork'] === true);
  }
  for (const volume of objectsAt(spec, 'volumes')) applyVolumeDefaults(volume);
}

function applyContainerDefaults(container: JsonObject, isHostNetwork: boolean): void {
  const image = textAt(container, 'image');
  const tag = /:([^/@]+)(?:@|$)/.exec(image)?.[1];
  const isLatest = !image.includes('@') && (tag === undefined || tag === 'latest');
  setDefaults(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
  });
  const resources = ensureObject(container, 'resources');
  for (const key of ['limits', 'requests']) {
    const list = objectAt(resources, key);
    if (list !== undefined) canonicalizeQuantities(list);
  }
  for (const port of objectsAt(container, 'ports')) {
    port['protocol'] ??= 'TCP';
    if (isHostNetwork) port['hostPort'] ??= port['containerPort'] ?? null;
  }
  for (const variable of objectsAt(container, 'env')) applyFieldRefDefaults(objectAt(variable, 'valueFrom'));
  applyProbeDefaults(container);
}

/** What a pod limits it also asks for; in a template that is left to its pods. */
export function applyRequestDefaults(spec: JsonObject): void {
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    const resources = objectAt(container, 'resources');
    const limits = objectAt(resources, 'limits');
    if (resources === undefined || limits === undefined) continue;
    const asked = ensureObject(resources, 'requests');
    for (const [name, value] of Object.entries(limits)) asked[name] ??= value ?? null;
  }
}

function applyFieldRefDefaults(source: JsonObject | undefined): void {
  const reference = objectAt(source, 'fieldRef');
  if (reference !== undefined) reference['apiVersion'] ??= 'v1';
}

function applyProbeDefaults(container: JsonObject): void {
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = objectAt(container, key);
    if (probe === undefined) continue;
    setDefaults(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    applyHandlerDefaults(probe);
  }
  for (const key of ['postStart', 'preStop']) {
    const handler = objectAt(objectAt(container, 'lifecycle'), key);
    if (handler !== undefined) applyHandlerDefaults(handler);
  }
}

function applyHandlerDefaults(handler: JsonObject): void {
  const http = objectAt(handler, 'httpGet');
  if (http !== undefined) setDefaults(http, { path: '/', scheme: 'HTTP' });
  const grpc = objectAt(handler, 'grpc');
  if (grpc !== undefined) grpc['service'] ??= '';
}

const MODE_SOURCES = ['configMap', 'downwardAPI', 'projected', 'secret'];

function applyVolumeDefaults(volume: JsonObject): void {
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
  for (const key of MODE_SOURCES) {
    const source = objectAt(volume, key);
    if (source !== undefined) source['defaultMode'] ??= 0o644;
  }
  const host = objectAt(volume, 'hostPath');
  if (host !== undefined) host['type'] ??= '';
  for (const source of objectsAt(objectAt(volume, 'projected'), 'sources')) {
    const token = objectAt(source, 'serviceAccountToken');
    if (token !== undefined) token['expirationSeconds'] ??= 3600;
  }
  for (const source of [volume, ...objectsAt(objectAt(volume, 'projected'), 'sources')]) {
    for (const item of objectsAt(objectAt(source, 'downwardAPI'), 'items')) {
      const reference = objectAt(item, 'fieldRef');
      if (reference !== undefined) reference['apiVersion'] ??= 'v1';
    }
  }
}

/** Writes quantities in their canonical form, in place. What does not parse is left for validation. */
export function canonicalizeQuantities(list: JsonObject): void {
  for (const [name, value] of Object.entries(list)) {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') continue;
    try {
      list[name] = formatQuantity(parseQuantity(text));
    } catch {
      continue; // not a quantity: left as it is
    }
  }
}

/** Fills in a pod template. */
export function applyTemplateDefaults(owner: unknown): void {
  const template = objectAt(owner, 'template');
  if (template === undefined) return;
  ensureObject(template, 'metadata');
  applyPodSpecDefaults(ensureObject(template, 'spec'));
}

/** The quality-of-service class that requests and limits make. */
export function getQosClass(spec: unknown): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  let [isGuaranteed, hasAny] = [containers.length > 0, false];
  for (const container of containers) {
    const resources = objectAt(container, 'resources');
    const [limits, requests] = [objectAt(resources, 'limits') ?? {}, objectAt(resources, 'requests') ?? {}];
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) hasAny = true;
      if (limits[name] === undefined || requests[name] !== limits[name]) isGuaranteed = false;
    }
  }
  if (!hasAny) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

/** True for a JSON object with at least one key. */
export function hasKeys(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length > 0;
}
