import { equalJson, getKey, isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';

/** A merged list and the two orders that decide about it. */
export interface ListOrder {
  readonly merged: readonly JsonValue[];
  /** The order the patch asks for; its items come out in this order. */
  readonly wanted: readonly JsonValue[];
  /** The order on the server before; decides about the items the patch does not name. */
  readonly before: readonly JsonValue[];
  readonly mergeKey: string | undefined;
}

/**
 * Puts a merged list in order: items the patch names follow the patch, the others keep the server's order, and
 * the two are woven together by the server's order where it knows both.
 */
export function normaliseOrder({ merged, wanted, before, mergeKey }: ListOrder): JsonValue[] {
  const indexIn = (items: readonly JsonValue[], item: JsonValue): number =>
    items.findIndex((other) => isSameItem(other, item, mergeKey));
  const byOrder =
    (order: readonly JsonValue[]) =>
    (a: JsonValue, b: JsonValue): number =>
      indexIn(order, a) - indexIn(order, b);
  const named = merged.filter((item) => indexIn(wanted, item) >= 0).toSorted(byOrder(wanted));
  const others = merged.filter((item) => indexIn(wanted, item) < 0).toSorted(byOrder(before));
  return weave(others, named, (other, item) => {
    const position = indexIn(before, other);
    const itemPosition = indexIn(before, item);
    return position >= 0 && itemPosition >= 0 && position < itemPosition;
  });
}

/** Whether two items stand for the same thing: the same merge key or, without one, the same value. */
export function isSameItem(a: JsonValue, b: JsonValue, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined || !isJsonObject(a) || !isJsonObject(b)) return equalJson(a, b);
  return equalJson(getKey(a, mergeKey), getKey(b, mergeKey));
}

function weave(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  isBefore: (left: JsonValue, right: JsonValue) => boolean,
): JsonValue[] {
  const result: JsonValue[] = [];
  let leftIndex = 0;
  let rightIndex = 0;
  while (result.length < left.length + right.length) {
    const nextLeft = left[leftIndex];
    const nextRight = right[rightIndex];
    if (nextLeft !== undefined && (nextRight === undefined || isBefore(nextLeft, nextRight))) {
      result.push(nextLeft);
      leftIndex += 1;
    } else if (nextRight !== undefined) {
      result.push(nextRight);
      rightIndex += 1;
    }
  }
  return result;
}
