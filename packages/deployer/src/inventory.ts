import { compareText, isJsonObject, parseApiVersion, parseJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { DeployError } from './errors.ts';

/**
 * On a Description: what was, or may have been, delivered for it. Pruning goes by this alone.
 * @see docs/spec/additions.md
 */
export const INVENTORY_ANNOTATION = 'apps.clusternet.io/inventory';

/** Identity of an object that was, or may have been, delivered. */
export interface InventoryEntry {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export function entryOf(object: KubeObject): InventoryEntry {
  const { name = '', namespace = '' } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
}

/** Whether a text is `version` or `group/version`. */
export function isApiVersion(text: string): boolean {
  try {
    parseApiVersion(text);
    return true;
  } catch {
    return false; // the answer, no failure
  }
}

/** The same for the same object, whatever the version of its API. */
export function entryKey({ apiVersion, kind, namespace, name }: InventoryEntry): string {
  return [parseApiVersion(apiVersion).group, kind, namespace, name].join('/');
}

/** `Kind namespace/name`, for people. */
export function describeEntry({ kind, namespace, name }: InventoryEntry): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/**
 * Reads the inventory annotation of a Description. Absent means nothing was delivered.
 * @throws {DeployError} `INVALID_INVENTORY`: pruning by a guess would delete or leak objects
 */
export function parseInventory(text: string | undefined): InventoryEntry[] {
  if (text === undefined || text === '') return [];
  const invalid = (cause?: unknown): DeployError =>
    new DeployError(
      'INVALID_INVENTORY',
      'the inventory annotation is not a list of objects; remove it by hand',
      { cause },
    );
  let value;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw invalid(cause);
  }
  if (!Array.isArray(value)) throw invalid();
  return value.map((entry) => {
    if (!isJsonObject(entry)) throw invalid();
    const { apiVersion, kind, namespace = '', name } = entry;
    if (typeof apiVersion !== 'string' || !isApiVersion(apiVersion) || typeof kind !== 'string')
      throw invalid();
    if (typeof namespace !== 'string' || typeof name !== 'string' || name === '') throw invalid();
    return { apiVersion, kind, namespace, name };
  });
}

/** Writes an inventory; equal inventories give equal text. */
export function formatInventory(entries: readonly InventoryEntry[]): string {
  const sorted = [...entries].sort((a, b) => compareText(entryKey(a), entryKey(b)));
  return JSON.stringify(
    sorted.map(({ apiVersion, kind, namespace, name }) => ({
      apiVersion,
      kind,
      ...(namespace === '' ? {} : { namespace }),
      name,
    })),
  );
}
