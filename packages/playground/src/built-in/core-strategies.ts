import { equalJson, setKey } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { forbiddenValue, invalidValue, requiredValue, validateLabelName } from '@clusternet/apiserver';
import type { ResourceStrategy, StatusCause } from '@clusternet/apiserver';
import { validateConfigKeys } from './config-keys.ts';
import { ensureObject, objectAt, objectsAt, setDefaults, textAt, textsAt } from './fields.ts';
import { canonicalizeQuantities } from './pod-defaults.ts';

function specOf(object: KubeObject): JsonObject {
  return ensureObject(object as unknown as JsonObject, 'spec');
}

/** Namespaces: held by the finalizer `kubernetes` until their content is gone. */
export const namespaceStrategy: ResourceStrategy = {
  hasGeneration: false,
  validateName: validateLabelName,
  applyDefaults(object) {
    ensureObject(object.metadata as unknown as JsonObject, 'labels')['kubernetes.io/metadata.name'] =
      object.metadata.name ?? '';
  },
  prepareCreate(object) {
    const spec = specOf(object);
    const finalizers = textsAt(spec, 'finalizers');
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes'];
    object['status'] = { phase: 'Active' };
  },
  prepareUpdate(next, live, subresource) {
    // Finalizers of the spec go through `finalize` only.
    if (subresource === '') next['spec'] = structuredClone(live['spec']);
  },
  isHeld: (object) => textsAt(objectAt(object, 'spec'), 'finalizers').length > 0,
  prepareDelete(next) {
    delete next.metadata.deletionGracePeriodSeconds; // a namespace waits for what is in it, not for time
    next['status'] = { ...objectAt(next, 'status'), phase: 'Terminating' };
  },
};

export const secretStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    object['type'] ??= 'Opaque';
    const texts = objectAt(object, 'stringData');
    if (texts === undefined) return;
    const data = ensureObject(object as unknown as JsonObject, 'data');
    for (const [key, value] of Object.entries(texts)) {
      if (typeof value === 'string') setKey(data, key, Buffer.from(value).toString('base64'));
    }
    delete object['stringData'];
  },
  validate(next, live) {
    const causes = validateConfigKeys(next, 'data');
    if (textAt(next, 'type') === 'kubernetes.io/service-account-token') {
      const account = next.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '';
      if (account === '')
        causes.push(requiredValue('metadata.annotations[kubernetes.io/service-account.name]'));
    }
    if (textAt(next, 'type') === 'kubernetes.io/tls') {
      for (const key of ['tls.crt', 'tls.key']) {
        if (objectAt(next, 'data')?.[key] === undefined) causes.push(requiredValue(`data[${key}]`));
      }
    }
    if (live !== undefined && live['type'] !== next['type'])
      causes.push(invalidValue('type', next['type'], 'field is immutable'));
    return [...causes, ...validateSize(next, 'data'), ...validateImmutable(next, live)];
  },
};

function validateImmutable(next: KubeObject, live: KubeObject | undefined): StatusCause[] {
  if (live?.['immutable'] !== true) return [];
  const causes: StatusCause[] = [];
  if (next['immutable'] !== true)
    causes.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'));
  for (const key of ['data', 'binaryData']) {
    if (!equalJson(next[key], live[key]))
      causes.push(forbiddenValue(key, 'field is immutable when `immutable` is set'));
  }
  return causes;
}

/** Of all that a ConfigMap or a Secret holds. */
const MAX_DATA_BYTES = 1024 * 1024;

/** @param field - as kube-apiserver calls it */
function validateSize(object: KubeObject, field: string): StatusCause[] {
  const sizeOf = (key: string, encoding: BufferEncoding): number =>
    Object.values(objectAt(object, key) ?? {}).reduce<number>(
      (sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text, encoding) : 0),
      0,
    );
  const isSecret = object.kind === 'Secret';
  const size = sizeOf('data', isSecret ? 'base64' : 'utf8') + sizeOf('binaryData', 'base64');
  if (size <= MAX_DATA_BYTES) return [];
  const message = `Too long: may not be more than ${MAX_DATA_BYTES} bytes`;
  return [{ reason: 'FieldValueTooLong', message, field }];
}

export const configMapStrategy: ResourceStrategy = {
  hasGeneration: false,
  validate(next, live) {
    const binary = objectAt(next, 'binaryData') ?? {};
    const twice = Object.keys(objectAt(next, 'data') ?? {})
      .filter((key) => Object.hasOwn(binary, key))
      .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    const causes = [...validateConfigKeys(next, 'data'), ...twice, ...validateConfigKeys(next, 'binaryData')];
    return [...causes, ...validateSize(next, '[]'), ...validateImmutable(next, live)];
  },
};

/** Hands out addresses for services. */
export interface ServiceAddresses {
  allocateIp(): string;
  allocateNodePort(): number;
}

/** Counts through 10.96.0.0/12 and 30000–32767; addresses are not given back. */
export function createServiceAddresses(): ServiceAddresses {
  let [next, port] = [10, 30_000];
  return {
    allocateIp: () => {
      next += 1;
      return `10.${96 + ((next >> 16) & 0x0f)}.${(next >> 8) & 0xff}.${next & 0xff}`;
    },
    allocateNodePort: () => {
      port = port >= 32_767 ? 30_000 : port + 1;
      return port;
    },
  };
}

export function createServiceStrategy(addresses: ServiceAddresses): ResourceStrategy {
  return {
    hasGeneration: false,
    validateName: validateLabelName,
    applyDefaults(object) {
      const spec = specOf(object);
      setDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
      if (spec['type'] !== 'ExternalName') spec['internalTrafficPolicy'] ??= 'Cluster';
      for (const port of objectsAt(spec, 'ports')) {
        port['protocol'] ??= 'TCP';
        port['targetPort'] ??= port['port'] ?? null;
      }
      if (spec['type'] === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
      if (spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort')
        spec['externalTrafficPolicy'] ??= 'Cluster';
    },
    prepareCreate(object) {
      object['status'] = { loadBalancer: {} };
      allocate(specOf(object), addresses);
    },
    prepareUpdate(next, live) {
      const [spec, before] = [specOf(next), objectAt(live, 'spec') ?? {}];
      if (spec['type'] === 'ExternalName') return;
      // What was handed out stays with the service.
      for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
        if (before[key] !== undefined) spec[key] ??= before[key];
      }
      const known = objectsAt(before, 'ports');
      for (const port of objectsAt(spec, 'ports')) {
        const same = known.find(
          (item) => item['port'] === port['port'] && item['protocol'] === port['protocol'],
        );
        if (same?.['nodePort'] !== undefined && spec['type'] !== 'ClusterIP')
          port['nodePort'] ??= same['nodePort'];
      }
      allocate(spec, addresses);
    },
    validate(next, live) {
      const spec = specOf(next);
      const causes: StatusCause[] = [];
      const isHeadless = spec['clusterIP'] === 'None';
      const ports = objectsAt(spec, 'ports');
      if (ports.length === 0 && spec['type'] !== 'ExternalName' && !isHeadless)
        causes.push(requiredValue('spec.ports'));
      ports.forEach((port, index) => {
        const number = port['port'];
        if (typeof number !== 'number' || number < 1 || number > 65_535) {
          causes.push(
            invalidValue(`spec.ports[${index}].port`, number, 'must be between 1 and 65535, inclusive'),
          );
        }
        if (ports.length > 1 && textAt(port, 'name') === '')
          causes.push(requiredValue(`spec.ports[${index}].name`));
      });
      if (spec['type'] === 'ExternalName' && textAt(spec, 'externalName') === '')
        causes.push(requiredValue('spec.externalName'));
      const before = textAt(objectAt(live, 'spec'), 'clusterIP');
      if (before !== '' && spec['type'] !== 'ExternalName' && textAt(spec, 'clusterIP') !== before) {
        causes.push(
          invalidValue('spec.clusterIPs[0]', [textAt(spec, 'clusterIP')], 'may not change once set'),
        );
      }
      return causes;
    },
  };
}

function allocate(spec: JsonObject, addresses: ServiceAddresses): void {
  if (spec['type'] === 'ExternalName') return;
  if (textAt(spec, 'clusterIP') === '') spec['clusterIP'] = addresses.allocateIp();
  setDefaults(spec, {
    clusterIPs: [spec['clusterIP'] ?? ''],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  if (
    spec['type'] === 'NodePort' ||
    (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
  ) {
    for (const port of objectsAt(spec, 'ports'))
      if (!port['nodePort']) port['nodePort'] = addresses.allocateNodePort();
  }
}

export const claimStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    const spec = specOf(object);
    spec['volumeMode'] ??= 'Filesystem';
    const requests = objectAt(objectAt(spec, 'resources'), 'requests');
    if (requests !== undefined) canonicalizeQuantities(requests);
  },
  prepareCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
};

export const volumeStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    setDefaults(specOf(object), { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    const capacity = objectAt(objectAt(object, 'spec'), 'capacity');
    if (capacity !== undefined) canonicalizeQuantities(capacity);
  },
  prepareCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
};

export const nodeStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    const status = objectAt(object, 'status');
    for (const key of ['capacity', 'allocatable']) {
      const list = objectAt(status, key);
      if (list !== undefined) canonicalizeQuantities(list);
    }
  },
};

export const resourceQuotaStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    const hard = objectAt(objectAt(object, 'spec'), 'hard');
    if (hard !== undefined) canonicalizeQuantities(hard);
  },
  prepareCreate(object) {
    object['status'] = {};
  },
};

export const endpointsStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    for (const subset of objectsAt(object, 'subsets')) {
      for (const port of objectsAt(subset, 'ports')) port['protocol'] ??= 'TCP';
    }
  },
};

/** Kinds whose generation stays unset and that have no rules of their own. */
export const plainStrategy: ResourceStrategy = { hasGeneration: false };

/** Kinds that only count their generation. */
export const countedStrategy: ResourceStrategy = {};
