import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { ProvenanceRecorder } from './provenance.ts';

/** What belongs to the cluster an object was read from. Helm values lose these fields too (spec C, BUG-14). */
const FOREIGN = [['metadata', 'managedFields'], ['metadata', 'uid'], ['status']];

/** Takes out of a document, in place, what must not travel to another cluster. */
export function stripForeignFields(document: JsonObject, provenance?: ProvenanceRecorder): void {
  stripFields(document, FOREIGN, provenance);
}

/** Takes fields out of a document, in place, and forgets who wrote them. */
export function stripFields(
  document: JsonObject,
  paths: readonly (readonly string[])[],
  provenance?: ProvenanceRecorder,
): void {
  for (const path of paths) {
    let parent: unknown = document;
    for (const token of path.slice(0, -1)) parent = isJsonObject(parent) ? parent[token] : undefined;
    const last = path.at(-1) ?? '';
    if (isJsonObject(parent) && Object.hasOwn(parent, last)) Reflect.deleteProperty(parent, last);
    provenance?.forget(path);
  }
}
