import { equalJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { invalidValue, requiredValue, validatePathSegmentName } from '@clusternet/apiserver';
import type { ResourceStrategy, StatusCause } from '@clusternet/apiserver';
import { validateWebhooks } from '../webhooks/validate-webhooks.ts';
import { ensureObject, objectAt, objectsAt, setDefaults, textAt, textsAt } from './fields.ts';

function specOf(object: KubeObject): JsonObject {
  return ensureObject(object as unknown as JsonObject, 'spec');
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

export const roleStrategy: ResourceStrategy = {
  hasGeneration: false,
  validateName: validatePathSegmentName,
  applyDefaults(object) {
    object['rules'] ??= null;
  },
  validate(next) {
    const causes: StatusCause[] = [];
    objectsAt(next, 'rules').forEach((rule, index) => {
      const path = `rules[${index}]`;
      if (textsAt(rule, 'verbs').length === 0)
        causes.push(requiredValue(`${path}.verbs`, 'verbs must contain at least one value'));
      const urls = textsAt(rule, 'nonResourceURLs');
      if (urls.length > 0) {
        if (next.kind === 'Role')
          causes.push(
            invalidValue(
              `${path}.nonResourceURLs`,
              urls,
              'namespaced rules cannot apply to non-resource URLs',
            ),
          );
        return;
      }
      if (textsAt(rule, 'apiGroups').length === 0)
        causes.push(requiredValue(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
      if (textsAt(rule, 'resources').length === 0)
        causes.push(requiredValue(`${path}.resources`, 'resource rules must supply at least one resource'));
    });
    return causes;
  },
};

export const bindingStrategy: ResourceStrategy = {
  hasGeneration: false,
  validateName: validatePathSegmentName,
  applyDefaults(object) {
    const reference = ensureObject(object as unknown as JsonObject, 'roleRef');
    if (textAt(reference, 'apiGroup') === '') reference['apiGroup'] = RBAC_GROUP;
    for (const subject of objectsAt(object, 'subjects')) {
      const kind = textAt(subject, 'kind');
      if ((kind === 'User' || kind === 'Group') && textAt(subject, 'apiGroup') === '')
        subject['apiGroup'] = RBAC_GROUP;
    }
  },
  validate(next, live) {
    const causes: StatusCause[] = [];
    const reference = objectAt(next, 'roleRef');
    if (textAt(reference, 'name') === '') causes.push(requiredValue('roleRef.name'));
    const kinds = next.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['ClusterRole', 'Role'];
    if (!kinds.includes(textAt(reference, 'kind'))) {
      const list = kinds.map((kind) => JSON.stringify(kind)).join(', ');
      causes.push({
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(textAt(reference, 'kind'))}: supported values: ${list}`,
        field: 'roleRef.kind',
      });
    }
    objectsAt(next, 'subjects').forEach((subject, index) => {
      if (textAt(subject, 'name') === '') causes.push(requiredValue(`subjects[${index}].name`));
      if (textAt(subject, 'kind') === 'ServiceAccount' && textAt(subject, 'namespace') === '') {
        causes.push(requiredValue(`subjects[${index}].namespace`));
      }
    });
    if (live !== undefined && !equalJson(live['roleRef'], reference)) {
      causes.push(invalidValue('roleRef', reference, 'cannot change roleRef'));
    }
    return causes;
  },
};

export const webhookStrategy: ResourceStrategy = {
  applyDefaults(object) {
    for (const webhook of objectsAt(object, 'webhooks')) {
      setDefaults(webhook, { failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 });
      ensureObject(webhook, 'namespaceSelector');
      ensureObject(webhook, 'objectSelector');
      if (object.kind === 'MutatingWebhookConfiguration') webhook['reinvocationPolicy'] ??= 'Never';
      for (const rule of objectsAt(webhook, 'rules')) rule['scope'] ??= '*';
      const service = objectAt(objectAt(webhook, 'clientConfig'), 'service');
      if (service !== undefined) service['port'] ??= 443;
    }
  },
  validate: validateWebhooks,
};

export const apiServiceStrategy: ResourceStrategy = {
  hasGeneration: false,
  validateName: validatePathSegmentName, // `v1.` is one
  applyDefaults(object) {
    const service = objectAt(specOf(object), 'service');
    if (service !== undefined) service['port'] ??= 443;
  },
  prepareCreate(object) {
    object['status'] = {};
  },
  validate(next) {
    const spec = specOf(next);
    const causes: StatusCause[] = [];
    const want = `${textAt(spec, 'version')}.${textAt(spec, 'group')}`;
    if (next.metadata.name !== want) {
      causes.push(
        invalidValue(
          'metadata.name',
          next.metadata.name,
          `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(want)}`,
        ),
      );
    }
    if (textAt(spec, 'group') === '' && textAt(spec, 'version') !== 'v1')
      causes.push(
        requiredValue('spec.group', 'only v1 may have an empty group and it better be legacy kube'),
      );
    if (spec['insecureSkipTLSVerify'] === true && textAt(spec, 'caBundle') !== '') {
      causes.push(invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
    }
    return causes;
  },
};

export const networkPolicyStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    ensureObject(spec, 'podSelector');
    if (spec['policyTypes'] === undefined) {
      spec['policyTypes'] = objectsAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    }
    for (const key of ['ingress', 'egress']) {
      for (const rule of objectsAt(spec, key))
        for (const port of objectsAt(rule, 'ports')) port['protocol'] ??= 'TCP';
    }
  },
};

export const storageClassStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    object['reclaimPolicy'] ??= 'Delete';
    object['volumeBindingMode'] ??= 'Immediate';
  },
};

export const priorityClassStrategy: ResourceStrategy = {
  applyDefaults(object) {
    object['preemptionPolicy'] ??= 'PreemptLowerPriority';
  },
};

export const autoscalerStrategy: ResourceStrategy = {
  hasGeneration: false,
  applyDefaults(object) {
    setDefaults(specOf(object), { minReplicas: 1 });
  },
};

export const leaseStrategy: ResourceStrategy = { hasGeneration: false, createsOnUpdate: true };

export const signingRequestStrategy: ResourceStrategy = {
  hasGeneration: false,
  prepareCreate(object, { user }) {
    const spec = specOf(object);
    spec['username'] = user.name;
    spec['groups'] = [...user.groups];
    if (user.uid !== undefined && user.uid !== '') spec['uid'] = user.uid;
    if (user.extra.size > 0)
      spec['extra'] = Object.fromEntries([...user.extra].map(([key, values]) => [key, [...values]]));
    object['status'] = {};
  },
  prepareUpdate(next, live) {
    next['spec'] = structuredClone(live['spec']);
  },
};
