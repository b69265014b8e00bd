import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';

/** The field manager of everything we write in a child. */
export const FIELD_MANAGER = 'clusternet';

/** One entry of `metadata.managedFields`. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly fieldsV1?: JsonObject;
}

/** The record of who owns which field. */
export function managersOf(object: KubeObject): readonly ManagedFields[] {
  return (object.metadata.managedFields ?? []) as readonly ManagedFields[];
}

/** Whether an entry is what we own by server-side apply. */
export function isOwnEntry({ manager, operation, subresource = '' }: ManagedFields): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';
}

/** Whether a member of a set of fields, `k:{…}` or `v:…`, stands for an item. A key that the item lacks was a default. */
export function isMemberOf(key: string, item: JsonValue): boolean {
  const kind = key.slice(0, 2);
  if (kind !== 'k:' && kind !== 'v:') return false;
  const wanted = parseJson(key.slice(2));
  if (kind === 'v:') return wanted === item;
  if (!isJsonObject(wanted) || !isJsonObject(item)) return false;
  return Object.entries(wanted).every(([name, value]) => item[name] === undefined || item[name] === value);
}

/** Whether nothing in a set is told apart: list or map are owned as a whole. */
export function isWhole(fields: JsonObject): boolean {
  return Object.keys(fields).every((key) => key === '.');
}
