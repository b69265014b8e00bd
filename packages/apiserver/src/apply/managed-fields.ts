import { compareText, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { EMPTY_SET, formatFields, isEmptySet, parseFields, uniteSets } from './field-set.ts';
import type { FieldSet } from './field-set.ts';

/** One owner of fields. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

/** Owners by identity. Never changed: operations give a new one. */
export type Managers = ReadonlyMap<string, ManagerEntry>;

/** Updates of one manager in two versions are two owners; applies are one. */
export function managerKey(
  entry: Pick<ManagerEntry, 'apiVersion' | 'manager' | 'operation' | 'subresource'>,
): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return `${entry.operation}\n${entry.manager}\n${version}\n${entry.subresource}`;
}

/** Reads `metadata.managedFields`. Entries that are not understood are left out. */
export function parseManagers(managedFields: readonly unknown[] | undefined): Managers {
  const managers = new Map<string, ManagerEntry>();
  for (const item of managedFields ?? []) {
    if (!isJsonObject(item)) continue;
    const { operation } = item;
    if (operation !== 'Apply' && operation !== 'Update') continue;
    const entry: ManagerEntry = {
      manager: textOf(item['manager']),
      operation,
      apiVersion: textOf(item['apiVersion']),
      subresource: textOf(item['subresource']),
      time: textOf(item['time']),
      fields: parseFields(item['fieldsV1']),
    };
    const key = managerKey(entry);
    const known = managers.get(key);
    managers.set(
      key,
      known === undefined ? entry : { ...entry, fields: uniteSets(known.fields, entry.fields) },
    );
  }
  return managers;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Writes `metadata.managedFields` in Kubernetes' order; undefined when nobody owns anything. */
export function formatManagers(managers: Managers): JsonObject[] | undefined {
  const entries = [...managers.values()].filter(({ fields }) => !isEmptySet(fields));
  if (entries.length === 0) return undefined;
  return entries.sort(compareEntries).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === '' ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFields(entry.fields),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
}

/** Applies first, then by time, name and version. */
function compareEntries(a: ManagerEntry, b: ManagerEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time, b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const MAX_UPDATE_MANAGERS = 10;

/** Folds the oldest updates into one entry when there are too many. */
export function capManagers(managers: Managers): Managers {
  const updates = [...managers.values()]
    .filter(({ operation }) => operation === 'Update')
    .sort(compareEntries);
  if (updates.length <= MAX_UPDATE_MANAGERS) return managers;
  const rest = new Map(managers);
  const oldest = updates.slice(0, updates.length - MAX_UPDATE_MANAGERS + 1);
  for (const entry of oldest) rest.delete(managerKey(entry));
  const byVersion = new Map<string, ManagerEntry>();
  for (const entry of oldest) {
    const known = byVersion.get(entry.apiVersion);
    const fields = uniteSets(known?.fields ?? EMPTY_SET, entry.fields);
    byVersion.set(entry.apiVersion, { ...entry, manager: 'ancient-changes', subresource: '', fields });
  }
  for (const entry of byVersion.values()) rest.set(managerKey(entry), entry);
  return rest;
}
