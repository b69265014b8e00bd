import type { AdmissionRequest, KindInVersion, ResourceNames } from '@clusternet/apiserver';
import { matchSelector } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { Webhook, WebhookRule } from './parse-webhooks.ts';

type ResourceInVersion = Pick<ResourceNames, 'group' | 'kind' | 'resource' | 'version'>;

/** A webhook that is to be asked, and the version of the resource in which it wants to see the request. */
export interface Invocation {
  readonly webhook: Webhook;
  readonly resource: ResourceInVersion;
  readonly kind: KindInVersion;
}

/** The namespace of a request as webhooks see it: a Namespace counts as being in itself. */
export function getNamespace({ resource, namespace, name }: AdmissionRequest): string {
  return isNamespace(resource) ? name : namespace;
}

function isNamespace({ group, version, resource }: ResourceInVersion): boolean {
  return group === '' && version === 'v1' && resource === 'namespaces';
}

/**
 * How a webhook is to be asked about a request; undefined when its rules do not name it.
 *
 * @param equivalents - the resource's other versions
 */
export function planInvocation(
  webhook: Webhook,
  request: AdmissionRequest,
  equivalents: () => readonly ResourceInVersion[],
): Invocation | undefined {
  if (webhook.rules.some((rule) => matchesRule(rule, request, request.resource))) {
    return { webhook, resource: request.resource, kind: request.kind };
  }
  if (!webhook.matchesEquivalent) return undefined;
  for (const rule of webhook.rules) {
    const resource = equivalents().find((item) => matchesRule(rule, request, item));
    if (resource !== undefined) return { webhook, resource, kind: kindIn(resource, request) };
  }
  return undefined;
}

/** A subresource's own kind, such as Scale, is the same in every version of the resource. */
function kindIn({ group, version, kind }: ResourceInVersion, request: AdmissionRequest): KindInVersion {
  return request.kind.kind === request.resource.kind ? { group, version, kind } : request.kind;
}

function matchesRule(rule: WebhookRule, request: AdmissionRequest, resource: ResourceInVersion): boolean {
  return (
    matchesScope(rule, request, resource) &&
    includes(rule.operations, request.operation) &&
    includes(rule.apiGroups, resource.group) &&
    includes(rule.apiVersions, resource.version) &&
    rule.resources.some((name) => matchesResource(name, resource.resource, request.subresource))
  );
}

function includes(items: readonly string[], wanted: string): boolean {
  return items.includes('*') || items.includes(wanted);
}

function matchesScope(
  { scope }: WebhookRule,
  request: AdmissionRequest,
  resource: ResourceInVersion,
): boolean {
  if (scope === '*') return true;
  const isNamespaced = !isNamespace(resource) && getNamespace(request) !== '';
  return isNamespaced === (scope === 'Namespaced');
}

/** `*` alone is every resource but no subresource. */
function matchesResource(rule: string, resource: string, subresource: string): boolean {
  const at = rule.indexOf('/');
  const [wanted, wantedSub] = at < 0 ? [rule, ''] : [rule.slice(0, at), rule.slice(at + 1)];
  return (wanted === '*' || wanted === resource) && (wantedSub === '*' || wantedSub === subresource);
}

/** Whether the labels of a request's objects are those that a webhook selects. */
export function matchesObject({ objectSelector }: Webhook, { object, live }: AdmissionRequest): boolean {
  if (objectSelector.requirements.length === 0) return true;
  return [object, live].some((item) => item !== undefined && matchSelector(objectSelector, labelsOf(item)));
}

/** `PodExecOptions` and their like have no metadata. */
function labelsOf(object: Partial<KubeObject>): Readonly<Record<string, string>> | undefined {
  return object.metadata?.labels;
}

/**
 * Whether the namespace of a request is one that a webhook selects. Objects outside of namespaces always are.
 *
 * @param getLabels - the labels of a namespace that is stored; throws when there is none
 */
export async function matchesNamespace(
  { namespaceSelector }: Webhook,
  request: AdmissionRequest,
  getLabels: (namespace: string) => Promise<Readonly<Record<string, string>> | undefined>,
): Promise<boolean> {
  if (namespaceSelector.requirements.length === 0) return true;
  const { resource, subresource, operation, object } = request;
  if (isNamespace(resource) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) {
    return matchSelector(namespaceSelector, object === undefined ? undefined : labelsOf(object));
  }
  const namespace = getNamespace(request);
  if (namespace === '') return true;
  return matchSelector(namespaceSelector, await getLabels(namespace));
}

const CONFIGURATION_KINDS: ReadonlySet<string> = new Set([
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

/** Whether a request is about admission itself: no webhook is asked, or a broken one could not be taken away. */
export function isExempt({ kind }: AdmissionRequest): boolean {
  return kind.group === 'admissionregistration.k8s.io' && CONFIGURATION_KINDS.has(kind.kind);
}
