import type { JsonValue } from '@clusternet/kube-data';
import type { TemplateCluster } from './expand-templates.ts';
import type { OverrideEntry, OverrideNotice } from './override-entry.ts';
import { createProvenanceRecorder } from './provenance.ts';
import type { ProvenanceRecorder } from './provenance.ts';

/** What overrides work on. Undefined is blank: nothing has been there yet. */
export interface OverrideState {
  /** The object, or the values of a Helm chart. Shared with the caller until the first change. */
  generic: JsonValue | undefined;
  /** The patch of the HelmChart object that `overrideChart` entries add up to. */
  chart: JsonValue | undefined;
  /** Undefined when nobody asked. */
  readonly genericProvenance: ProvenanceRecorder | undefined;
  readonly chartProvenance: ProvenanceRecorder | undefined;
  readonly notices: OverrideNotice[];
  readonly cluster: TemplateCluster | undefined;
}

/** How a rendering goes, whatever it renders. */
export interface RenderOptions {
  /**
   * Facts for the templates of entries that have them.
   * @default undefined - every template without a default is an error
   */
  readonly cluster?: TemplateCluster | undefined;
  /**
   * Whether to find out who wrote what, which takes about as long again as the rendering itself.
   * @default true
   */
  readonly withProvenance?: boolean | undefined;
}

/** A state before the first override. */
export function createState(generic: JsonValue | undefined, options: RenderOptions): OverrideState {
  const { cluster, withProvenance = true } = options;
  return {
    generic,
    chart: undefined,
    genericProvenance: withProvenance ? createProvenanceRecorder() : undefined,
    chartProvenance: withProvenance ? createProvenanceRecorder() : undefined,
    notices: [],
    cluster,
  };
}

/** One entry with its place in its source and its value read. */
export interface ReadEntry {
  readonly entry: OverrideEntry;
  readonly index: number;
  readonly value: JsonValue;
}

/** Names an entry in sentences: `override "x" (entry 2) of Localization ns/name`. */
function describeEntry(entry: Pick<OverrideEntry, 'name' | 'source'>, index: number): string {
  const { kind, namespace, name } = entry.source;
  const owner = namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
  const title = entry.name === undefined || entry.name === '' ? 'override' : `override "${entry.name}"`;
  return `${title} (entry ${index}) of ${kind} ${owner}`;
}

/** An event holds no more, and a path may be as long as its author likes. */
const MAX_SENTENCE = 1000;

/** A sentence about an entry, cut where it would be too long for an event. */
export function sentenceAbout({ entry, index }: Pick<ReadEntry, 'entry' | 'index'>, text: string): string {
  const sentence = `${describeEntry(entry, index)}${text}`;
  return sentence.length > MAX_SENTENCE ? `${sentence.slice(0, MAX_SENTENCE - 3)}...` : sentence;
}
