import { cloneJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { applyOverrides, createState } from './apply-overrides.ts';
import type { OverrideEntry, OverrideNotice, Provenance } from './override-entry.ts';

/** A document and what is to be done to it. */
export interface RenderInput {
  /** The pristine object. Never a rendered one: an override that is gone must leave no trace. */
  readonly document: JsonValue;
  /** In the order of `planOverrides`; entries of one object stand together, in their own order. */
  readonly overrides: readonly OverrideEntry[];
}

/** A rendered document. */
export interface RenderResult {
  readonly document: JsonObject;
  readonly provenance: Provenance;
  /** Overrides without effect, in order. */
  readonly notices: readonly OverrideNotice[];
}

/**
 * Renders one object for one cluster. `status`, `metadata.uid` and `metadata.managedFields` are taken out.
 *
 * An override with a path that the document lacks is left out as a whole and noted.
 *
 * @returns A new document; the input is not changed or shared.
 * @throws {OverrideError} For any other override that cannot be applied; the message names it.
 * @see docs/spec/overrides.md
 */
export function renderDocument({ document, overrides }: RenderInput): RenderResult {
  const state = createState(cloneJson(document));
  applyOverrides(state, overrides);
  return {
    // applyOverrides refuses to end with anything but a map, and a given document never becomes blank.
    document: state.generic as JsonObject,
    provenance: state.genericProvenance,
    notices: state.notices,
  };
}
