import { cloneJson, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { applyOverrides } from './apply-overrides.ts';
import { OverrideError } from './errors.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import type { OverrideEntry, OverrideNotice, Provenance } from './override-entry.ts';
import { createState } from './override-state.ts';
import type { OverrideState, RenderOptions } from './override-state.ts';
import { createProvenanceRecorder } from './provenance.ts';
import type { Writer } from './provenance.ts';
import { stripFields, stripForeignFields } from './strip-fields.ts';

/** A HelmChart and what is to be done to it. */
export interface RenderChartInput extends RenderOptions {
  /** The pristine HelmChart object. */
  readonly chart: JsonValue;
  /** In the order of `planOverrides`. */
  readonly overrides: readonly OverrideEntry[];
}

/** A rendered HelmChart. */
export interface RenderChartResult {
  readonly chart: JsonObject;
  /** Empty when it was not asked for, like that of the values. */
  readonly chartProvenance: Provenance;
  /** What Helm gets as values; undefined when no override says anything about them. */
  readonly values: JsonObject | undefined;
  readonly valuesProvenance: Provenance;
  /** Overrides without effect, in order. */
  readonly notices: readonly OverrideNotice[];
}

/** What an override cannot change: another chart or namespace would be another release. */
const PROTECTED = [
  ['spec', 'chart'],
  ['spec', 'targetNamespace'],
];

/**
 * Renders one HelmChart for one cluster: the values for Helm, and the HelmChart object itself.
 *
 * @throws {OverrideError} For an override that cannot be applied; the message names it.
 * @see docs/spec/overrides.md, "Charts"
 */
export function renderHelmChart(input: RenderChartInput): RenderChartResult {
  const { chart, overrides } = input;
  const state = createState(undefined, input);
  applyOverrides(state, overrides);
  const values = state.generic;
  if (values !== undefined && !isJsonObject(values))
    throw new OverrideError(
      'INVALID_DOCUMENT',
      'the overrides leave Helm values that are no map; write a map',
    );
  if (values !== undefined) stripForeignFields(values, state.genericProvenance);
  return {
    ...patchChart(chart, state),
    values,
    valuesProvenance: state.genericProvenance?.toMap() ?? new Map(),
    notices: state.notices,
  };
}

function patchChart(
  chart: JsonValue,
  state: OverrideState,
): Pick<RenderChartResult, 'chart' | 'chartProvenance'> {
  const patch = state.chart;
  if (isJsonObject(patch)) stripFields(patch, PROTECTED);
  const patched = patch === undefined ? cloneJson(chart) : mergeLikeGo(chart, patch);
  if (!isJsonObject(patched))
    throw new OverrideError(
      'INVALID_DOCUMENT',
      'the overrides leave a HelmChart that is no map; patch with a map',
    );
  if (state.chartProvenance === undefined) {
    stripForeignFields(patched);
    return { chart: patched, chartProvenance: new Map() };
  }
  const writers = state.chartProvenance.toMap();
  const provenance = createProvenanceRecorder();
  provenance.record({ before: chart, after: patched }, (pointer) => findWriter(writers, pointer));
  stripForeignFields(patched, provenance);
  return { chart: patched, chartProvenance: provenance.toMap() };
}

/** Who wrote a field of the merged patch: the field itself, else what it is part of, else a part of it. */
function findWriter(writers: Provenance, pointer: string): Writer | undefined {
  for (let path = pointer; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const writer = writers.get(path);
    if (writer !== undefined) return writer;
  }
  return [...writers].find(([path]) => path.startsWith(`${pointer}/`))?.[1];
}
