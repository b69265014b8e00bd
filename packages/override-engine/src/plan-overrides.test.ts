import type { Localization } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { OVERRIDE_OPT_INS } from './opt-ins.ts';
import { planOverrides } from './plan-overrides.ts';

function localization(
  name: string,
  priority: number,
  metadata: Partial<Localization['metadata']> = {},
): Localization {
  return {
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Localization',
    metadata: { name, namespace: 'n', uid: `${name}-uid`, ...metadata },
    spec: { priority, overrides: [{ name: 'x', type: 'Helm', value: name }] },
  };
}

describe('planOverrides', () => {
  it('flattens living policies in order and names their source', () => {
    const plan = planOverrides([
      localization('b', 2),
      localization('gone', 0, { deletionTimestamp: '2024-01-01T00:00:00Z' }),
      localization('a', 1),
    ]);
    expect(plan.map(({ value }) => value)).toEqual(['a', 'b']);
    expect(plan[0]).toEqual({
      name: 'x',
      type: 'Helm',
      value: 'a',
      source: { kind: 'Localization', namespace: 'n', name: 'a', uid: 'a-uid' },
    });
  });

  it.each<{ why: string; annotations: Record<string, string>; want: object }>([
    { why: 'nothing', annotations: {}, want: {} },
    { why: 'templates', annotations: { [OVERRIDE_OPT_INS.templates]: 'true' }, want: { isTemplated: true } },
    {
      why: 'strategic merges',
      annotations: { [OVERRIDE_OPT_INS.strategicMerge]: 'true' },
      want: { isStrategic: true },
    },
    { why: 'nothing, in words', annotations: { [OVERRIDE_OPT_INS.templates]: 'false' }, want: {} },
  ])('takes $why from the annotations of a policy', ({ annotations, want }) => {
    const [entry] = planOverrides([localization('a', 1, { annotations })]);
    expect({ isTemplated: entry?.isTemplated, isStrategic: entry?.isStrategic }).toEqual({
      isTemplated: undefined,
      isStrategic: undefined,
      ...want,
    });
  });

  it('refuses an annotation that says neither yes nor no', () => {
    const annotations = { [OVERRIDE_OPT_INS.templates]: 'True' };
    expect(() => planOverrides([localization('a', 1, { annotations })])).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPT_IN',
        source: expect.objectContaining({ name: 'a' }),
        message:
          'Localization n/a has the annotation apps.clusternet.io/override-templates with the value "True"; write "true", or take it away',
      }),
    );
  });
});
