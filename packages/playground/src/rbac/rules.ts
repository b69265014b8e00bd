import type { AuthorizationAttributes } from '@clusternet/apiserver';
import { textsAt } from '../built-in/fields.ts';

/** One rule of a role. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Reads a rule out of a role. */
export function parseRule(rule: unknown): PolicyRule {
  return {
    verbs: textsAt(rule, 'verbs'),
    apiGroups: textsAt(rule, 'apiGroups'),
    resources: textsAt(rule, 'resources'),
    resourceNames: textsAt(rule, 'resourceNames'),
    nonResourceURLs: textsAt(rule, 'nonResourceURLs'),
  };
}

type Request = Pick<
  AuthorizationAttributes,
  'group' | 'isResourceRequest' | 'name' | 'path' | 'resource' | 'subresource' | 'verb'
>;

/** Whether a rule allows a request. */
export function isAllowedBy(rule: PolicyRule, request: Request): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (!request.isResourceRequest) return rule.nonResourceURLs.some((url) => matchesPath(url, request.path));
  return (
    hasOrAll(rule.apiGroups, request.group) &&
    matchesResource(rule.resources, request.resource, request.subresource) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name))
  );
}

function hasOrAll(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function matchesPath(url: string, path: string): boolean {
  if (url === '*' || url === path) return true;
  return url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''));
}

function matchesResource(resources: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  if (resources.includes('*') || resources.includes(full)) return true;
  return subresource !== '' && resources.includes(`*/${subresource}`);
}

/**
 * What of `wanted` is not covered by `held`: the rules that whoever holds `held` may not hand on.
 * Each rule given back is for one verb, group, resource or path.
 */
export function subtractRules(wanted: readonly PolicyRule[], held: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(splitRule).filter((single) => !held.some((rule) => coversSingle(rule, single)));
}

function splitRule(rule: PolicyRule): PolicyRule[] {
  const none: PolicyRule = {
    verbs: [],
    apiGroups: [],
    resources: [],
    resourceNames: [],
    nonResourceURLs: [],
  };
  const singles: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs) singles.push({ ...none, verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups) {
      for (const resource of rule.resources) {
        const base = { ...none, verbs: [verb], apiGroups: [group], resources: [resource] };
        if (rule.resourceNames.length === 0) singles.push(base);
        for (const name of rule.resourceNames) singles.push({ ...base, resourceNames: [name] });
      }
    }
  }
  return singles;
}

function coversSingle(rule: PolicyRule, single: PolicyRule): boolean {
  const [verb = '', url, group = '', resource = '', name] = [
    single.verbs[0],
    single.nonResourceURLs[0],
    single.apiGroups[0],
    single.resources[0],
    single.resourceNames[0],
  ];
  if (!hasOrAll(rule.verbs, verb)) return false;
  if (url !== undefined) {
    return rule.nonResourceURLs.some(
      (own) => own === url || own === '*' || (own.endsWith('*') && url.startsWith(own.slice(0, -1))),
    );
  }
  if (!hasOrAll(rule.apiGroups, group)) return false;
  const subresource = resource.split('/')[1];
  const hasResource =
    hasOrAll(rule.resources, resource) ||
    (subresource !== undefined && rule.resources.includes(`*/${subresource}`));
  if (!hasResource) return false;
  return rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
}

/** A rule as escalation errors show it. */
export function formatRule(rule: PolicyRule): string {
  const list = (values: readonly string[]): string =>
    `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const parts: string[] = [];
  if (rule.nonResourceURLs.length > 0) parts.push(`NonResourceURLs:${list(rule.nonResourceURLs)}`);
  if (rule.apiGroups.length > 0) parts.push(`APIGroups:${list(rule.apiGroups)}`);
  if (rule.resources.length > 0) parts.push(`Resources:${list(rule.resources)}`);
  if (rule.resourceNames.length > 0) parts.push(`ResourceNames:${list(rule.resourceNames)}`);
  parts.push(`Verbs:${list(rule.verbs)}`);
  return `{${parts.join(', ')}}`;
}
