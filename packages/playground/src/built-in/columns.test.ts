import { createBuiltInColumns } from '@clusternet/apiserver';
import { describe, expect, it } from 'vitest';
import { loadBuiltInApi } from '../load-built-in-api.ts';

describe('columns of built-in kinds', () => {
  it('are known without a kube-apiserver to ask, all but their descriptions', () => {
    const shown = loadBuiltInApi().resources.filter(({ columns }) => columns !== undefined);
    expect(shown.length).toBeGreaterThan(40);
    for (const { group, resource, columns = [] } of shown) {
      const { definitions } = createBuiltInColumns(`${group}/${resource}`);
      const want = columns.map((column) => ({ ...column, description: '' }));
      expect(
        definitions.map((column) => ({ ...column, description: '' })),
        resource,
      ).toEqual(want);
    }
  });
});
