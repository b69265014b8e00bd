import { compareText, isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';

/** A value as Go's `%+v` prints it, which is how kube-apiserver quotes a strategic merge patch. */
export function formatGoValue(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(formatGoValue).join(' ')}]`;
  if (!isJsonObject(value)) return String(value);
  const keys = Object.keys(value).sort(compareText);
  return `map[${keys.map((key) => `${key}:${formatGoValue(value[key])}`).join(' ')}]`;
}
