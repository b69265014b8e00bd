import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { applyOverrides, createState, removeIfPresent } from './apply-overrides.ts';
import type { OverrideState } from './apply-overrides.ts';
import { OverrideError } from './errors.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import type { FieldProvenance, OverrideEntry, OverrideNotice, Provenance } from './override-entry.ts';
import { forgetField, recordChanges } from './provenance.ts';
import type { Writer } from './provenance.ts';

/** A HelmChart and what is to be done to it. */
export interface RenderChartInput {
  /** The pristine HelmChart object. */
  readonly chart: JsonValue;
  /** In the order of `planOverrides`. */
  readonly overrides: readonly OverrideEntry[];
}

/** A rendered HelmChart. */
export interface RenderChartResult {
  readonly chart: JsonObject;
  readonly chartProvenance: Provenance;
  /** What Helm gets as values; undefined when no override says anything about them. */
  readonly values: JsonObject | undefined;
  readonly valuesProvenance: Provenance;
  /** Overrides without effect, in order. */
  readonly notices: readonly OverrideNotice[];
}

/** What an override cannot change: another chart or namespace would be another release. */
const PROTECTED = ['/spec/chart', '/spec/targetNamespace'];
/** What belongs to the cluster the object was read from. */
const STRIPPED = ['/metadata/managedFields', '/metadata/uid', '/status'];

/**
 * Renders one HelmChart for one cluster: the values for Helm, and the HelmChart object itself.
 *
 * @throws {OverrideError} For an override that cannot be applied; the message names it.
 * @see docs/spec/overrides.md, "Charts"
 */
export function renderHelmChart({ chart, overrides }: RenderChartInput): RenderChartResult {
  const state = createState(undefined);
  applyOverrides(state, overrides);
  const chartProvenance = new Map<string, FieldProvenance>();
  return {
    chart: patchChart(chart, state, chartProvenance),
    chartProvenance,
    // applyOverrides refuses to end with values that are no map.
    values: state.generic as JsonObject | undefined,
    valuesProvenance: state.genericProvenance,
    notices: state.notices,
  };
}

function patchChart(
  chart: JsonValue,
  state: OverrideState,
  provenance: Map<string, FieldProvenance>,
): JsonObject {
  let patched = chart;
  if (state.chart !== undefined) {
    const patch = PROTECTED.reduce(removeIfPresent, state.chart);
    patched = mergeLikeGo(chart, patch);
    recordChanges(provenance, { before: chart, after: patched }, (pointer) => findWriter(state, pointer));
  }
  for (const path of STRIPPED) forgetField(provenance, path);
  const stripped = STRIPPED.reduce(removeIfPresent, patched);
  if (isJsonObject(stripped)) return stripped;
  throw new OverrideError('INVALID_DOCUMENT', 'the overrides leave a HelmChart that is no map');
}

/** Who wrote a field of the merged patch: the field itself, else what it is part of, else a part of it. */
function findWriter({ chartProvenance }: OverrideState, pointer: string): Writer | undefined {
  for (let path = pointer; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const writer = chartProvenance.get(path);
    if (writer !== undefined) return writer;
  }
  return [...chartProvenance].find(([path]) => path.startsWith(`${pointer}/`))?.[1];
}
