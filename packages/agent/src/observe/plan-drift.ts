import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { FIELD_MANAGER, isMemberOf } from '@clusternet/deployer';

/** What somebody else has made of an object that we delivered. */
export interface Drift {
  /** JSON pointers of what we no longer own, in order; empty when all is as delivered. */
  readonly paths: readonly string[];
  /** Who wrote there last, as managers name themselves. */
  readonly managers: readonly string[];
}

/** Paths looked at most: one lost field is reason enough. */
const MAX_PATHS = 20;

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: JsonObject;
}

/**
 * Finds fields of ours that others took over. Whoever changes a field by anything but server-side apply takes it from its
 * manager, so that the record of managers tells, without defaults and normal forms of values being guessed at.
 *
 * A replica count that a HorizontalPodAutoscaler set is its own to set.
 *
 * @param desired - as it was applied
 * @param live - as the API server shows it
 */
export function findDrift(desired: KubeObject, live: KubeObject): Drift {
  const entries = (live.metadata.managedFields ?? []) as unknown as ManagedFields[];
  const ours = entries.find(({ manager, operation, subresource = '' }) => {
    return manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';
  });
  const lost: string[] = [];
  const { apiVersion: _version, kind: _kind, metadata, ...content } = desired as unknown as JsonObject;
  const {
    name: _name,
    namespace: _namespace,
    ...labels
  } = isJsonObject(metadata ?? null) ? (metadata as JsonObject) : {};
  walk({ ...content, metadata: labels }, ours?.fieldsV1 ?? {}, '', lost);
  const paths = lost.filter((path) => !isAutoscaled(path, entries)).slice(0, MAX_PATHS);
  return { paths, managers: paths.length === 0 ? [] : listManagers(entries, paths) };
}

function isAutoscaled(path: string, entries: readonly ManagedFields[]): boolean {
  if (path !== '/spec/replicas') return false;
  return entries.some(
    ({ manager, subresource, fieldsV1 }) =>
      manager === 'kube-controller-manager' && subresource === 'scale' && owns(fieldsV1 ?? {}, path),
  );
}

function listManagers(entries: readonly ManagedFields[], paths: readonly string[]): string[] {
  const names = entries
    .filter(
      ({ manager, fieldsV1 }) =>
        manager !== FIELD_MANAGER && paths.some((path) => owns(fieldsV1 ?? {}, path)),
    )
    .map(({ manager = '' }) => manager);
  return [...new Set(names)].sort();
}

/** Whether a set of fields has a path, as far as its members of maps go. */
function owns(fields: JsonObject, path: string): boolean {
  let at: JsonValue = fields;
  for (const part of path.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const next: JsonValue | undefined = isJsonObject(at) ? at[`f:${key}`] : undefined;
    if (next === undefined) return isJsonObject(at) && /^\d+$/.test(key);
    at = next;
  }
  return true;
}

/** Gathers what is in a value and not in the set of fields. An empty set under a list or map: it is owned as a whole. */
function walk(value: JsonObject, fields: JsonObject, path: string, lost: string[]): void {
  for (const [key, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue; // asks for nothing
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const owned = fields[`f:${key}`] ?? null;
    if (isJsonObject(owned)) walkMember(member, owned, at, lost);
    else if (!isEmpty(member)) lost.push(at);
  }
}

function walkMember(member: JsonValue, owned: JsonObject, at: string, lost: string[]): void {
  const isWhole = Object.keys(owned).every((key) => key === '.');
  if (isWhole) return;
  if (isJsonObject(member)) walk(member, owned, at, lost);
  else if (Array.isArray(member)) walkList(member, owned, at, lost);
}

function walkList(items: readonly JsonValue[], owned: JsonObject, at: string, lost: string[]): void {
  for (const [index, item] of items.entries()) {
    const found = Object.entries(owned).find(([key]) => isMemberOf(key, item));
    if (found === undefined) lost.push(`${at}/${index}`);
    else if (isJsonObject(item) && isJsonObject(found[1])) walkMember(item, found[1], `${at}/${index}`, lost);
  }
}

/** Nothing that anybody could own: API servers drop it. */
function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (
    isJsonObject(value) &&
    Object.values(value).every((member) => member === undefined || member === null || isEmpty(member))
  );
}
