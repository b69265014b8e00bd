import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  requiredValue,
  unsupportedValue,
  validateSubdomainName,
} from '@clusternet/apiserver';
import type { StatusCause } from '@clusternet/apiserver';
import { createSelector, isParseError } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt, textsAt } from '../built-in/fields.ts';
import { validateClientConfig } from './validate-client-config.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** What is wrong with a Validating- or MutatingWebhookConfiguration, in kube-apiserver's words. */
export function validateWebhooks(configuration: KubeObject): StatusCause[] {
  const names = new Set<string>();
  return objectsAt(configuration, 'webhooks').flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const name = textAt(webhook, 'name');
    const isRepeated = name !== '' && names.has(name);
    names.add(name);
    return [
      ...validateWebhook(webhook, path),
      ...validateReviewVersions(
        textsAt(webhook, 'admissionReviewVersions'),
        `${path}.admissionReviewVersions`,
      ),
      ...(isRepeated ? [duplicateValue(`${path}.name`, name)] : []),
    ];
  });
}

function validateWebhook(webhook: JsonObject, path: string): StatusCause[] {
  const timeout = numberAt(webhook, 'timeoutSeconds');
  const { sideEffects } = webhook;
  return [
    ...validateQualifiedName(textAt(webhook, 'name'), `${path}.name`),
    ...objectsAt(webhook, 'rules').flatMap((rule, index) => validateRule(rule, `${path}.rules[${index}]`)),
    ...oneOf(webhook, 'failurePolicy', ['Fail', 'Ignore'], path),
    ...oneOf(webhook, 'matchPolicy', ['Equivalent', 'Exact'], path),
    ...(sideEffects === undefined
      ? [requiredValue(`${path}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
      : oneOf(webhook, 'sideEffects', SIDE_EFFECTS, path)),
    ...(timeout !== undefined && (timeout > 30 || timeout < 1)
      ? [
          invalidValue(
            `${path}.timeoutSeconds`,
            timeout,
            'the timeout value must be between 1 and 30 seconds',
          ),
        ]
      : []),
    ...validateSelector(objectAt(webhook, 'namespaceSelector'), `${path}.namespaceSelector`),
    ...validateSelector(objectAt(webhook, 'objectSelector'), `${path}.objectSelector`),
    ...oneOf(webhook, 'reinvocationPolicy', ['IfNeeded', 'Never'], path),
    ...validateClientConfig(objectAt(webhook, 'clientConfig'), `${path}.clientConfig`),
    ...(objectsAt(webhook, 'matchConditions').length > 0
      ? [
          // A condition that is not looked at would let requests pass that it was written to stop.
          forbiddenValue(
            `${path}.matchConditions`,
            'this control plane does not evaluate CEL, so it takes no webhook with match conditions',
          ),
        ]
      : []),
  ];
}

function oneOf(parent: JsonObject, key: string, supported: readonly string[], path: string): StatusCause[] {
  const value = parent[key];
  if (value === undefined || supported.includes(textAt(parent, key))) return [];
  return [unsupportedValue(`${path}.${key}`, value, supported)];
}

function validateQualifiedName(name: string, path: string): StatusCause[] {
  if (name === '') return [requiredValue(path)];
  const reason = validateSubdomainName(name);
  if (reason !== undefined) return [invalidValue(path, name, reason)];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')];
}

function validateReviewVersions(versions: readonly string[], path: string): StatusCause[] {
  const known = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return [requiredValue(path, `must specify one of ${known}`)];
  const causes: StatusCause[] = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalidValue(`${path}[${index}]`, version, 'duplicate version')]
      : [],
  );
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    causes.push(invalidValue(path, versions, `must include at least one of ${known}`));
  return causes;
}

function validateRule(rule: JsonObject, path: string): StatusCause[] {
  const operations = textsAt(rule, 'operations');
  return [
    ...validateNames(operations, `${path}.operations`, 'operations'),
    ...operations.flatMap((operation, index) =>
      OPERATIONS.includes(operation)
        ? []
        : [unsupportedValue(`${path}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...validateNames(textsAt(rule, 'apiGroups'), `${path}.apiGroups`, 'API groups'),
    ...validateNames(textsAt(rule, 'apiVersions'), `${path}.apiVersions`, 'API versions'),
    ...emptyItems(textsAt(rule, 'apiVersions'), `${path}.apiVersions`),
    ...validateResources(textsAt(rule, 'resources'), `${path}.resources`),
    ...oneOf(rule, 'scope', SCOPES, path),
  ];
}

function validateNames(names: readonly string[], path: string, what: string): StatusCause[] {
  if (names.length === 0) return [requiredValue(path)];
  if (names.length === 1 || !names.includes('*')) return [];
  return [invalidValue(path, names, `if '*' is present, must not specify other ${what}`)];
}

function emptyItems(names: readonly string[], path: string): StatusCause[] {
  return names.flatMap((name, index) => (name === '' ? [requiredValue(`${path}[${index}]`)] : []));
}

/** A rule that says the same twice is taken for a mistake. */
function validateResources(resources: readonly string[], path: string): StatusCause[] {
  if (resources.length === 0) return [requiredValue(path)];
  const causes = emptyItems(resources, path);
  const allSubresources = new Set<string>();
  const allResources = new Set<string>();
  const hasPlain = resources.some((name) => name !== '' && name !== '*' && !name.includes('/'));
  resources.forEach((name, index) => {
    const at = name.indexOf('/');
    if (at < 0) return;
    const [resource, subresource] = [name.slice(0, at), name.slice(at + 1)];
    if (allSubresources.has(resource))
      causes.push(
        invalidValue(`${path}[${index}]`, name, `if '${resource}/*' is present, must not specify ${name}`),
      );
    if (allResources.has(subresource))
      causes.push(
        invalidValue(`${path}[${index}]`, name, `if '*/${subresource}' is present, must not specify ${name}`),
      );
    if (subresource === '*') allSubresources.add(resource);
    if (resource === '*') allResources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    causes.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && hasPlain)
    causes.push(
      invalidValue(
        path,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    );
  return causes;
}

function validateSelector(selector: JsonObject | undefined, path: string): StatusCause[] {
  const causes = validateExpressions(selector, path);
  if (causes.length > 0) return causes;
  try {
    createSelector(selector ?? {});
    return [];
  } catch (error) {
    if (isParseError(error)) return [invalidValue(path, selector, error.message)];
    throw error;
  }
}

function validateExpressions(selector: JsonObject | undefined, path: string): StatusCause[] {
  return objectsAt(selector, 'matchExpressions').flatMap((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const operator = textAt(expression, 'operator');
    const hasValues = textsAt(expression, 'values').length > 0;
    if (operator === 'In' || operator === 'NotIn') {
      const message = "must be specified when `operator` is 'In' or 'NotIn'";
      return hasValues ? [] : [requiredValue(`${at}.values`, message)];
    }
    if (operator === 'Exists' || operator === 'DoesNotExist') {
      const message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return hasValues ? [forbiddenValue(`${at}.values`, message)] : [];
    }
    return [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')];
  });
}
