import { cloneJson, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { applyOverrides } from './apply-overrides.ts';
import { OverrideError } from './errors.ts';
import type { OverrideEntry, OverrideNotice, Provenance } from './override-entry.ts';
import { createState } from './override-state.ts';
import type { RenderOptions } from './override-state.ts';
import { stripForeignFields } from './strip-fields.ts';

/** A document and what is to be done to it. */
export interface RenderInput extends RenderOptions {
  /** The pristine object. Never a rendered one: an override that is gone must leave no trace. */
  readonly document: JsonValue;
  /** In the order of `planOverrides`; entries of one object stand together, in their own order. */
  readonly overrides: readonly OverrideEntry[];
}

/** A rendered document. */
export interface RenderResult {
  readonly document: JsonObject;
  /** Empty when it was not asked for. */
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
export function renderDocument(input: RenderInput): RenderResult {
  const { document, overrides } = input;
  const state = createState(document, input);
  applyOverrides(state, overrides);
  const rendered = state.generic === document ? cloneJson(document) : state.generic;
  if (!isJsonObject(rendered)) {
    throw new OverrideError(
      'INVALID_DOCUMENT',
      'the overrides leave a document that is no map; correct the one that replaces the whole document',
    );
  }
  stripForeignFields(rendered, state.genericProvenance);
  return {
    document: rendered,
    provenance: state.genericProvenance?.toMap() ?? new Map(),
    notices: state.notices,
  };
}
