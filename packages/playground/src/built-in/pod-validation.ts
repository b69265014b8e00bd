import {
  createSelector,
  equalJson,
  matchSelector,
  parseQuantity,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { forbiddenValue, invalidValue, requiredValue, validateLabelName } from '@clusternet/apiserver';
import type { StatusCause } from '@clusternet/apiserver';
import { labelsAt, numberAt, objectAt, objectsAt, textAt } from './fields.ts';
import { hasKeys } from './pod-defaults.ts';

/** Checks a PodSpec, as far as its mistakes are common. */
export function validatePodSpec(spec: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) causes.push(requiredValue(`${path}.containers`));
  const volumes = new Set(objectsAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const seen = new Set<string>();
  for (const key of ['initContainers', 'containers']) {
    objectsAt(spec, key).forEach((container, index) => {
      causes.push(...validateContainer(container, `${path}.${key}[${index}]`, volumes));
      const name = textAt(container, 'name');
      if (name !== '' && seen.has(name)) {
        causes.push({
          reason: 'FieldValueDuplicate',
          message: `Duplicate value: ${JSON.stringify(name)}`,
          field: `${path}.${key}[${index}].name`,
        });
      }
      seen.add(name);
    });
  }
  const policy = textAt(spec, 'restartPolicy');
  if (!['Always', 'Never', 'OnFailure'].includes(policy)) {
    causes.push(notSupported(`${path}.restartPolicy`, policy, ['Always', 'OnFailure', 'Never']));
  }
  causes.push(...validateUser(spec, path), ...validateTolerations(spec, `${path}.tolerations`));
  return causes;
}

const MAX_ID = 2_147_483_647;

function validateUser(owner: JsonObject, path: string): StatusCause[] {
  return ['runAsUser', 'runAsGroup'].flatMap((key) => {
    const id = numberAt(objectAt(owner, 'securityContext'), key);
    return id === undefined || (id >= 0 && id <= MAX_ID)
      ? []
      : [invalidValue(`${path}.securityContext.${key}`, id, `must be between 0 and ${MAX_ID}, inclusive`)];
  });
}

function validateTolerations(spec: JsonObject, path: string): StatusCause[] {
  return objectsAt(spec, 'tolerations').flatMap((toleration, index) => {
    const effect = textAt(toleration, 'effect');
    return toleration['tolerationSeconds'] === undefined || effect === 'NoExecute'
      ? []
      : [
          invalidValue(
            `${path}[${index}].effect`,
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        ];
  });
}

/** A cause for a value that is not one of a few. */
export function notSupported(field: string, value: string, supported: readonly string[]): StatusCause {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${stringifyJson(value)}: supported values: ${list}`,
    field,
  };
}

function validateContainer(container: JsonObject, path: string, volumes: ReadonlySet<string>): StatusCause[] {
  const causes: StatusCause[] = [];
  const name = textAt(container, 'name');
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else {
    const reason = validateLabelName(name);
    if (reason !== undefined) causes.push(invalidValue(`${path}.name`, name, reason));
  }
  if (textAt(container, 'image') === '') causes.push(requiredValue(`${path}.image`));
  causes.push(...validatePorts(container, `${path}.ports`), ...validateUser(container, path));
  objectsAt(container, 'volumeMounts').forEach((mount, index) => {
    const volume = textAt(mount, 'name');
    if (!volumes.has(volume)) {
      causes.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(volume)}`,
        field: `${path}.volumeMounts[${index}].name`,
      });
    }
  });
  for (const kind of ['limits', 'requests']) {
    for (const [key, value] of Object.entries(objectAt(objectAt(container, 'resources'), kind) ?? {})) {
      if (!isQuantity(value)) {
        causes.push(invalidValue(`${path}.resources.${kind}[${key}]`, value, 'must be a valid quantity'));
      }
    }
  }
  return causes;
}

function validatePorts(container: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  objectsAt(container, 'ports').forEach((port, index) => {
    const number = numberAt(port, 'containerPort');
    const field = `${path}[${index}]`;
    if (number === undefined) causes.push(requiredValue(`${field}.containerPort`));
    else if (number < 1 || number > 65_535) {
      causes.push(invalidValue(`${field}.containerPort`, number, 'must be between 1 and 65535, inclusive'));
    }
    const name = textAt(port, 'name');
    if (name !== '' && names.has(name)) {
      causes.push({
        reason: 'FieldValueDuplicate',
        message: `Duplicate value: ${JSON.stringify(name)}`,
        field: `${field}.name`,
      });
    }
    names.add(name);
  });
  return causes;
}

function isQuantity(value: unknown): boolean {
  try {
    parseQuantity(String(value));
    return true;
  } catch {
    return false;
  }
}

/** Checks the selector and template of a workload, and that the selector does not change. */
export function validateWorkload(
  next: KubeObject,
  live: KubeObject | undefined,
  restartPolicies: readonly string[],
): StatusCause[] {
  const spec = objectAt(next, 'spec') ?? {};
  const causes: StatusCause[] = [];
  const selector = objectAt(spec, 'selector');
  const template = objectAt(spec, 'template') ?? {};
  const labels = labelsAt(objectAt(template, 'metadata'), 'labels');
  if (selector === undefined || !hasKeys(selector)) {
    causes.push(requiredValue('spec.selector'));
    if (selector !== undefined)
      causes.push(
        invalidValue('spec.selector', {}, `empty selector is invalid for ${next.kind.toLowerCase()}`),
      );
  } else if (!matchSelector(createSelector(selector), labels)) {
    causes.push(
      invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  }
  causes.push(...validatePodSpec(objectAt(template, 'spec') ?? {}, 'spec.template.spec'));
  const policy = textAt(objectAt(template, 'spec'), 'restartPolicy');
  if (!restartPolicies.includes(policy))
    causes.push(notSupported('spec.template.spec.restartPolicy', policy, restartPolicies));
  const replicas = numberAt(spec, 'replicas');
  if (replicas !== undefined && replicas < 0) {
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'));
  }
  if (live !== undefined && !equalJson(objectAt(objectAt(live, 'spec'), 'selector'), selector)) {
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'));
  }
  return causes;
}

/** Fields of a pod that may change. */
const MUTABLE = [
  'activeDeadlineSeconds',
  'terminationGracePeriodSeconds',
  'tolerations',
  'nodeName',
  'schedulingGates',
];

/** What may not change in a running pod. */
export function validatePodUpdate(next: KubeObject, live: KubeObject): StatusCause[] {
  const strip = (object: KubeObject): JsonObject => {
    const spec = Object.entries(objectAt(object, 'spec') ?? {}).filter(([key]) => !MUTABLE.includes(key));
    return Object.fromEntries(
      spec.map(([key, value]) =>
        key === 'containers' || key === 'initContainers'
          ? [
              key,
              objectsAt(objectAt(object, 'spec'), key).map(({ image: _, resources: _r, ...rest }) => rest),
            ]
          : key === 'ephemeralContainers'
            ? [key, undefined]
            : [key, value],
      ),
    );
  };
  if (equalJson(strip(next), strip(live))) return [];
  return [
    forbiddenValue(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}
