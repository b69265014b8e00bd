/** Any JSON value. Integers that a double cannot hold are `bigint`, so that int64 survives. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** A JSON object. An `undefined` value stands for an absent key and is never written. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** True for anything with keys: not null and not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Sets a key that comes from outside as an own property.
 * A plain assignment to `__proto__` would change the prototype instead.
 */
export function setKey(target: JsonObject, key: string, value: JsonValue | undefined): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** The own value under a key; never one inherited from `Object.prototype`, such as `constructor`. */
export function getKey(target: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(target, key) ? target[key] : undefined;
}

/** A deep copy that shares nothing with the original. Keys that are `undefined` are left out. */
export function cloneJson<T>(value: T): T {
  // The shape of a copy is the shape of its original; `T` carries it through.
  return clone(value as JsonValue) as T;
}

function clone(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<JsonValue>(value.length);
    for (let index = 0; index < value.length; index += 1) copy[index] = clone(value[index] ?? null);
    return copy;
  }
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== undefined) setKey(copy, key, clone(item));
  }
  return copy;
}

/** Deep equality as JSON sees it: key order does not count, `undefined` is absence, `1n` equals `1`. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'bigint' || typeof b === 'bigint') return isSameNumber(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equalJson(item, b[index]));
  }
  return equalObjects(a as JsonObject, b as JsonObject);
}

function isSameNumber(a: unknown, b: unknown): boolean {
  const isNumeric = (value: unknown): value is number | bigint =>
    typeof value === 'bigint' || typeof value === 'number';
  // Loose on purpose: JavaScript compares a bigint with a number by mathematical value.
  return isNumeric(a) && isNumeric(b) && a == b;
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  let count = 0;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    count += 1;
    if (!Object.hasOwn(b, key) || !equalJson(a[key], b[key])) return false;
  }
  for (const key of Object.keys(b)) if (b[key] !== undefined) count -= 1;
  return count === 0;
}

/** Orders text by UTF-16 code unit: the same on every machine, unlike a locale's order. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
