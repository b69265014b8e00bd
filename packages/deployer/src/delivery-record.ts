import { FINALIZERS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import type { ResourceClient } from '@clusternet/client';
import type { ObjectMeta } from '@clusternet/kube-data';
import { parseDocument } from './desired-object.ts';
import { isDeployError } from './errors.ts';
import { entryKey, entryOf, formatInventory, INVENTORY_ANNOTATION, parseInventory } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';

export interface RecordDeps {
  readonly descriptions: ResourceClient<Description>;
}

/**
 * What was delivered by the record, and what the spec says: a Go deployer keeps no record, and may have worked after
 * ours. What is not ours stays anyway, and what cannot be read was never delivered.
 */
export function deliveredBy(description: Description): InventoryEntry[] {
  const entries = new Map<string, InventoryEntry>();
  for (const entry of parseInventory(inventoryOf(description))) entries.set(entryKey(entry), entry);
  (description.spec.raw ?? []).forEach((raw, index) => {
    try {
      const entry = entryOf(parseDocument(raw, index));
      entries.set(entryKey(entry), entry);
    } catch (error) {
      if (!isDeployError(error)) throw error;
    }
  });
  return [...entries.values()];
}

/** The record as it stands on the Description. */
export function inventoryOf(description: Description): string | undefined {
  return description.metadata.annotations?.[INVENTORY_ANNOTATION];
}

function annotate(inventory: string): Pick<ObjectMeta, 'annotations'> {
  return { annotations: { [INVENTORY_ANNOTATION]: inventory } };
}

/** Finalizer and inventory go on before the first write to the child; nothing is sent when both are there. */
export async function recordStart(
  deps: RecordDeps,
  description: Description,
  inventoryBefore: readonly InventoryEntry[],
  signal: AbortSignal,
): Promise<Description> {
  const inventory = formatInventory(inventoryBefore);
  const { finalizers = [], resourceVersion } = description.metadata;
  const changes: ObjectMeta = {
    ...(finalizers.includes(FINALIZERS.app) ? {} : { finalizers: [...finalizers, FINALIZERS.app] }),
    ...(inventoryOf(description) === inventory ? {} : annotate(inventory)),
  };
  if (Object.keys(changes).length === 0) return description;
  const guard = resourceVersion === undefined ? {} : { resourceVersion };
  return patchMetadata(deps, description, { ...changes, ...guard }, signal);
}

function patchMetadata(
  { descriptions }: RecordDeps,
  { metadata: { name = '', namespace = '' } }: Description,
  metadata: ObjectMeta,
  signal: AbortSignal,
): Promise<Description> {
  return descriptions.patch({ name, namespace }, 'merge', { metadata }, {}, signal);
}

/** Puts on record what is there when all is done; nothing is sent when it says so already. */
export async function recordEnd(
  deps: RecordDeps,
  recorded: Description,
  inventoryAfter: readonly InventoryEntry[],
  signal: AbortSignal,
): Promise<void> {
  const inventory = formatInventory(inventoryAfter);
  if (inventoryOf(recorded) !== inventory) await patchMetadata(deps, recorded, annotate(inventory), signal);
}
