import type { JsonValue } from '@clusternet/kube-data';
import type { OverrideEntry, OverrideSource } from './override-entry.ts';
import { renderDocument } from './render-document.ts';

/** Builders for the tests of this package. */
export const source: OverrideSource = { kind: 'Localization', namespace: 'n', name: 'l', uid: 'u' };
type Extra = Partial<OverrideEntry>;

export function entry(type: string, value: JsonValue | string, extra: Extra = {}): OverrideEntry {
  return { source, type, value: typeof value === 'string' ? value : JSON.stringify(value), ...extra };
}
export const helm = (value: JsonValue | string, extra?: Extra): OverrideEntry => entry('Helm', value, extra);
export const chart = (value: JsonValue | string, extra: Extra = {}): OverrideEntry =>
  entry('Helm', value, { overrideChart: true, ...extra });
export const merge = (value: JsonValue | string, extra?: Extra): OverrideEntry =>
  entry('MergePatch', value, extra);
export const patch = (...operations: JsonValue[]): OverrideEntry => entry('JSONPatch', operations);
export const add = (path: string, value: JsonValue): JsonValue => ({ op: 'add', path, value });
export const replace = (path: string, value: JsonValue): JsonValue => ({ op: 'replace', path, value });
export const remove = (path: string): JsonValue => ({ op: 'remove', path });

export function render(document: JsonValue, ...overrides: OverrideEntry[]): JsonValue {
  return renderDocument({ document, overrides }).document;
}

export function code(document: JsonValue, ...overrides: OverrideEntry[]): string {
  try {
    render(document, ...overrides);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
