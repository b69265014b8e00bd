import { applyJsonPatch, equalJson, getByPointer, isPatchError, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entry, helm, merge } from './builders.fixture.ts';
import { coalesceValues } from './coalesce-values.ts';
import { isOverrideError } from './errors.ts';
import { findWriters } from './find-writers.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import { createProvenanceRecorder } from './provenance.ts';
import { renderDocument } from './render-document.ts';
import { touchedPlaces } from './touched-places.ts';

/** Few keys, so that overrides meet; some of them are what careless code trips over. */
const key = fc.constantFrom('a', 'b', 'c', 'a/b', '~', '0', '__proto__', 'constructor', '');
const scalar = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('', 'x', true, null, 9007199254740993n),
);

/** Own properties, whatever the key. */
function objectOf(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of entries)
    Object.defineProperty(result, name, { value, writable: true, enumerable: true, configurable: true });
  return result;
}
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map(objectOf),
  ),
}));
const map = fc.array(fc.tuple(key, json), { maxLength: 5 }).map(objectOf);

const token = fc.oneof(key, fc.constantFrom('1', '-', '-1', '2', '01', '00', '+1'));
const pointer = fc
  .array(token, { maxLength: 3 })
  .map((tokens) => tokens.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: pointer, value: json }),
  fc.record({ op: fc.constant('remove'), path: pointer }),
  fc.record({ op: fc.constantFrom('move', 'copy'), from: pointer, path: pointer }),
);
const jsonPatch = fc.array(operation, { maxLength: 4 });
const override = fc.oneof(
  map.map((value) => merge(stringifyJson(value))),
  map.map((value) => helm(stringifyJson(value))),
  jsonPatch.map((value) => entry('JSONPatch', stringifyJson(value))),
);

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isOverrideError(error) || isPatchError(error)) return undefined;
    throw error;
  }
}

describe('properties', () => {
  it('neither changes its input nor shares it', () => {
    fc.assert(
      fc.property(map, fc.array(override, { maxLength: 3 }), (document, overrides) => {
        const before = stringifyJson(document);
        const rendered = attempt(() => renderDocument({ document, overrides }).document);
        expect(stringifyJson(document)).toBe(before);
        scribble(rendered);
        expect(stringifyJson(document)).toBe(before);
      }),
    );
  });

  it('renders the same with provenance and without', () => {
    fc.assert(
      fc.property(map, fc.array(override, { maxLength: 4 }), (document, overrides) => {
        const traced = attempt(() => renderDocument({ document, overrides }).document);
        const plain = attempt(() => renderDocument({ document, overrides, withProvenance: false }).document);
        expect(stringifyJson(plain)).toBe(stringifyJson(traced));
      }),
    );
  });

  it('a JSON patch applies as a whole, is discarded as a whole, or is an error', () => {
    fc.assert(
      fc.property(map, jsonPatch, (document, operations) => {
        const whole = { doc: document };
        const lowered = operations.map((item) => ({
          ...item,
          path: `/doc${item.path}`,
          ...('from' in item ? { from: `/doc${item.from}` } : {}),
        }));
        const rendered = attempt(() =>
          renderDocument({ document: whole, overrides: [entry('JSONPatch', stringifyJson(lowered))] }),
        );
        if (rendered === undefined) return;
        const want = rendered.notices.length > 0 ? whole : applyJsonPatch(whole, lowered);
        expect(stringifyJson(rendered.document)).toBe(stringifyJson(want));
      }),
    );
  });

  it('looks for changes where a JSON patch may have made them, and misses none', () => {
    fc.assert(
      fc.property(map, jsonPatch, (before, operations) => {
        const after = attempt(() => applyJsonPatch(before, operations));
        if (after === undefined) return;
        const writer = { source: { kind: 'Localization', name: 'l' }, name: undefined, index: 0 } as const;
        const [all, guided] = [undefined, touchedPlaces(operations as JsonValue)].map((touched) => {
          const recorder = createProvenanceRecorder();
          recorder.record({ before, after, touched }, writer);
          return [...recorder.toMap()].toSorted(([a], [b]) => (a < b ? -1 : 1));
        });
        expect(guided).toEqual(all);
      }),
      { numRuns: 500 },
    );
  });

  it('has a writer for every place that differs from the feed, and none where nothing was written', () => {
    fc.assert(
      fc.property(map, fc.array(map, { maxLength: 3 }), (document, patches) => {
        const overrides = patches.map((value) => merge(stringifyJson(value)));
        const { document: rendered, provenance } = renderDocument({ document, overrides });
        for (const name of new Set([...Object.keys(document), ...Object.keys(rendered)])) {
          const at = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          const isSame = equalJson(getByPointer(document, at), getByPointer(rendered, at));
          if (!isSame) expect(findWriters(provenance, at)).not.toEqual([]);
          const isNamed = patches.some((value) => Object.hasOwn(value, name));
          if (!isNamed) expect(findWriters(provenance, at)).toEqual([]);
        }
      }),
    );
  });

  it('a merge patch without nulls may be repeated', () => {
    fc.assert(
      fc.property(map, map.map(withoutNulls), (document, value) => {
        const once = mergeLikeGo(document, value);
        expect(stringifyJson(mergeLikeGo(once, value))).toBe(stringifyJson(once));
      }),
    );
  });

  it('empty values change nothing, and nothing changes values laid over empty ones', () => {
    fc.assert(
      fc.property(map, (values) => {
        expect(equalJson(coalesceValues({}, values), values)).toBe(true);
        expect(equalJson(coalesceValues(values, {}), values)).toBe(true);
      }),
    );
  });

  it('the prototype of objects is out of reach', () => {
    fc.assert(
      fc.property(map, fc.array(override, { maxLength: 4 }), (document, overrides) => {
        const names = Object.getOwnPropertyNames(Object.prototype).join();
        const rendered = attempt(() => renderDocument({ document, overrides }).document);
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(names);
        if (rendered !== undefined) expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
      }),
    );
  });

  it('whatever is written in an override, the answer is a document or an OverrideError', () => {
    const text = fc.oneof(
      fc.string(),
      json.map((value) => stringifyJson(value)),
      fc.constantFrom('[', 'a: *b', '${{ x }}'),
    );
    const wild = fc.record(
      {
        type: fc.oneof(
          fc.constantFrom('Helm', 'JSONPatch', 'MergePatch', 'FieldJSONPatch', 'FieldMergePatch'),
          fc.string(),
        ),
        value: text,
        overrideChart: fc.boolean(),
        fieldPath: fc.oneof(pointer, fc.string()),
        fieldFormat: fc.constantFrom('JSON', 'YAML', ''),
        isTemplated: fc.boolean(),
        isStrategic: fc.boolean(),
      },
      { requiredKeys: ['type', 'value'] },
    );
    fc.assert(
      fc.property(map, fc.array(wild, { maxLength: 3 }), (document, wildEntries) => {
        const overrides = wildEntries.map(({ type, value, ...extra }) => entry(type, value, extra));
        try {
          renderDocument({ document, overrides });
        } catch (error) {
          expect(isOverrideError(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return objectOf(entries.map(([name, item]) => [name, withoutNulls(item ?? null)]));
}

/** Overwrites everything within, to see who else sees it. */
function scribble(value: JsonValue | undefined): void {
  if (typeof value !== 'object' || value === null) return;
  for (const item of Object.values(value)) scribble(item);
  for (const name of Object.keys(value)) Reflect.deleteProperty(value, name);
}
