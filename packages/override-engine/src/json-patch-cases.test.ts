import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { code, patch } from './builders.fixture.ts';
import { PATCH_CASES } from './json-patch-cases.fixture.ts';
import { renderDocument } from './render-document.ts';

/** The cases are about documents of any kind, and what we render is a map: they stand one level down in it. */
function lower(operation: JsonValue): JsonValue {
  if (!isJsonObject(operation)) return operation;
  const lowered = { ...operation };
  for (const field of ['path', 'from']) {
    const pointer = lowered[field];
    if (typeof pointer === 'string') lowered[field] = `/doc${pointer}`;
  }
  return lowered;
}

describe('JSON patch', () => {
  it.each(PATCH_CASES)('%s', (_why, doc, operations, outcome) => {
    const override = patch(...operations.map(lower));
    if (outcome.kind === 'refused') {
      expect(code({ doc }, override)).toBe(outcome.code);
      return;
    }
    const { document, notices } = renderDocument({ document: { doc }, overrides: [override] });
    expect(document['doc']).toEqual(outcome.kind === 'applied' ? outcome.document : doc);
    expect(notices.map((notice) => notice.code)).toEqual(
      outcome.kind === 'discarded' ? ['PATH_NOT_FOUND'] : [],
    );
  });
});
