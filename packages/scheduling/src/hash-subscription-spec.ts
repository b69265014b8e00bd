import type { SubscriptionSpec } from '@clusternet/api-types';
import { compareText, encodeUtf8, hashFnv1a32, isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';

/**
 * The fields of a Go struct, in order. What follows the name says when a field is left out and what is in it:
 * a `?` for pointers (left out when absent), a `!` for fields that are always there (null when absent), nothing for
 * fields that are left out when zero; then the type of the value, or of the items of a list.
 */
type Shape = readonly (readonly [name: string, presence: '' | '!' | '?', type?: string])[];

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>(
  Object.entries<Shape>({
    Spec: [
      ['schedulerName', ''],
      ['schedulingBySubGroup', '?'],
      ['schedulingStrategy', ''],
      ['dividingScheduling', '?', 'Dividing'],
      ['priority', '?'],
      ['preemptionPolicy', '?'],
      ['subscribers', '!', 'Subscriber'],
      ['clusterTolerations', '', 'Toleration'],
      ['feeds', '!', 'Feed'],
    ],
    Dividing: [
      ['type', '!'],
      ['dynamicDividing', '?', 'Dynamic'],
    ],
    Dynamic: [
      ['strategy', '!'],
      ['topologySpreadConstraints', '', 'Spread'],
      ['preferredClusters', '', 'Preferred'],
      ['minClusters', '?'],
      ['maxClusters', '?'],
    ],
    Spread: [
      ['maxSkew', '!'],
      ['topologyKey', '!'],
      ['whenUnsatisfiable', '!'],
      ['labelSelector', '?', 'Selector'],
      ['minDomains', '?'],
      ['nodeAffinityPolicy', '?'],
      ['nodeTaintsPolicy', '?'],
      ['matchLabelKeys', ''],
    ],
    Preferred: [
      ['weight', '!'],
      ['preference', '!', 'Term'],
    ],
    Term: [
      ['matchExpressions', '', 'Expression'],
      ['matchFields', '', 'Expression'],
    ],
    Subscriber: [
      ['clusterAffinity', '!', 'Selector'],
      ['weight', ''],
      ['subGroupStrategy', '?', 'SubGroup'],
    ],
    SubGroup: [['minClusters', '']],
    Selector: [
      ['matchLabels', '', 'Labels'],
      ['matchExpressions', '', 'Expression'],
    ],
    Expression: [
      ['key', '!'],
      ['operator', '!'],
      ['values', ''],
    ],
    Toleration: [
      ['key', ''],
      ['operator', ''],
      ['value', ''],
      ['effect', ''],
      ['tolerationSeconds', '?'],
    ],
    Feed: [
      ['kind', '!'],
      ['apiVersion', '!'],
      ['namespace', ''],
      ['name', '!'],
    ],
  }),
);

/**
 * The value of `status.specHash`: what the Go scheduler computes for the same spec, so that a swap of components
 * reschedules nothing.
 *
 * @param spec - With the defaults of the CRD.
 * @returns An integer from 0 to 2^32 − 1.
 */
export function hashSubscriptionSpec(spec: SubscriptionSpec): number {
  const json = encodeGo(spec, 'Spec').replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return hashFnv1a32(`([]uint8)[${encodeUtf8(json).join(' ')}]`);
}

/** The JSON text as Go's encoder would write it: keys in the order of the struct, those of maps sorted. */
function encodeGo(value: JsonValue, type: string | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => encodeGo(item, type)).join(',')}]`;
  if (!isJsonObject(value)) return stringifyJson(value);
  const fields = SHAPES.get(type ?? '')?.flatMap(([name, presence, fieldType]) => {
    const field = value[name] ?? null;
    const isLeftOut = presence === '!' ? false : field === null || (presence === '' && isZero(field));
    return isLeftOut ? [] : [encodeField(name, field, fieldType)];
  });
  const keys = Object.keys(value).toSorted(compareText);
  return `{${(fields ?? keys.map((key) => encodeField(key, value[key] ?? null, undefined))).join(',')}}`;
}

function encodeField(name: string, value: JsonValue, type: string | undefined): string {
  return `${stringifyJson(name)}:${encodeGo(value, type)}`;
}

function isZero(value: JsonValue): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}
