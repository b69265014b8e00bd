import { createSelector, formatSelector, numberAt, objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';

/** Fills in one cell. */
export type CellReader = (object: KubeObject, nowMs: number) => JsonValue;

/** Readers of one kind's cells, by column. */
export type CellReaders = readonly (readonly [column: string, reader: CellReader])[];

/** The spec of an object. */
export function specOf(object: KubeObject): JsonObject {
  return objectAt(object, 'spec') ?? {};
}

/** The status of an object. */
export function statusOf(object: KubeObject): JsonObject {
  return objectAt(object, 'status') ?? {};
}

/** A cell with a number; 0 when it is absent. */
export function number(part: 'spec' | 'status', field: string): CellReader {
  return (object) => numberAt(objectAt(object, part), field) ?? 0;
}

/** A cell with a text. */
export function text(part: 'spec' | 'status', field: string, fallback = '<none>'): CellReader {
  return (object) => textAt(objectAt(object, part), field) || fallback;
}

/** A cell that counts the keys of a map. */
export function count(field: string): CellReader {
  return (object) => Object.keys(objectAt(object, field) ?? {}).length;
}

/** Texts in one cell. */
export function join(values: readonly string[]): string {
  return values.length === 0 ? '<none>' : values.join(',');
}

function templateContainers(object: KubeObject): JsonObject[] {
  return objectsAt(objectAt(objectAt(specOf(object), 'template'), 'spec'), 'containers');
}

const containerNames: CellReader = (object) =>
  join(templateContainers(object).map((item) => textAt(item, 'name')));
const containerImages: CellReader = (object) =>
  join(templateContainers(object).map((item) => textAt(item, 'image')));

/** A LabelSelector as `kubectl get -o wide` shows it. */
export function selectorText(selector: JsonObject | undefined): string {
  if (selector === undefined) return '<none>';
  const isStructured =
    objectAt(selector, 'matchLabels') !== undefined || Array.isArray(selector['matchExpressions']);
  const given = isStructured ? selector : { matchLabels: selector };
  const shown = formatSelector(createSelector(given)).replaceAll(/ in \(([^,)]*)\)/g, '=$1');
  return shown === '' ? '<none>' : shown;
}

/** A cell with the selector of a spec. */
export const selector: CellReader = (object) => selectorText(objectAt(specOf(object), 'selector'));

/** Containers, images and selector of a workload. */
export const TEMPLATE_CELLS: CellReaders = [
  ['Containers', containerNames],
  ['Images', containerImages],
  ['Selector', selector],
];

/** A cell with two numbers: `ready/wanted`. */
export function ratio(ready: string, wanted: string): CellReader {
  return (object) => `${numberAt(statusOf(object), ready) ?? 0}/${numberAt(specOf(object), wanted) ?? 0}`;
}

/** A number or a text as text. */
export function showScalar(value: JsonValue | undefined, fallback: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : fallback;
}
