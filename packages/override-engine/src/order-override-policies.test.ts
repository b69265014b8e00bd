import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOverridePolicies } from './order-override-policies.ts';
import type { OverridePolicy } from './order-override-policies.ts';

interface PolicyOptions {
  readonly kind?: 'Globalization' | 'Localization';
  readonly priority?: number;
  readonly createdAt?: string | undefined;
}

function policy(name: string, options: PolicyOptions = {}): OverridePolicy {
  const { kind = 'Localization', priority, createdAt = '2024-01-01T00:00:00Z' } = options;
  return {
    kind,
    metadata: { name, namespace: 'n', creationTimestamp: createdAt },
    spec: priority === undefined ? {} : { priority },
  };
}

describe('orderOverridePolicies', () => {
  it.each([
    {
      why: 'Globalizations yield to Localizations, whatever the priority',
      given: [policy('team', { priority: 0 }), policy('fleet', { kind: 'Globalization', priority: 1000 })],
      want: ['fleet', 'team'],
    },
    {
      why: 'lower priority first, 500 where absent, 0 counts',
      given: [policy('b', { priority: 501 }), policy('a'), policy('c', { priority: 0 })],
      want: ['c', 'a', 'b'],
    },
    {
      // The Go implementation compares the seconds within the minute (spec C, BUG-4).
      why: 'age is a point in time, not the seconds within a minute',
      given: [
        policy('new', { createdAt: '2024-01-01T00:01:05Z' }),
        policy('old', { createdAt: '2024-01-01T00:00:50Z' }),
      ],
      want: ['old', 'new'],
    },
    {
      why: 'equal age goes by name',
      given: [policy('b'), policy('a'), policy('B')],
      want: ['B', 'a', 'b'],
    },
  ])('$why', ({ given, want }) => {
    expect(orderOverridePolicies(given).map(({ metadata }) => metadata.name)).toEqual(want);
  });

  it('refuses a date that is none', () => {
    expect(() => orderOverridePolicies([policy('x', { createdAt: 'yesterday' })])).toThrow(
      expect.objectContaining({ code: 'INVALID_TIMESTAMP' }),
    );
  });

  it('is a total order: any shuffle of the same policies comes out the same', () => {
    const anyPolicy = fc
      .record({
        kind: fc.constantFrom<'Globalization' | 'Localization'>('Globalization', 'Localization'),
        priority: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        created: fc.option(fc.constantFrom('2024-01-01T00:00:00Z', '2024-01-01T00:01:00+01:00'), {
          nil: undefined,
        }),
        namespace: fc.constantFrom('n', 'm'),
      })
      .map(({ kind, priority, name, created, namespace }): OverridePolicy => ({
        kind,
        metadata: { name, namespace, ...(created === undefined ? {} : { creationTimestamp: created }) },
        spec: priority === undefined ? {} : { priority },
      }));
    const shuffled = fc
      .array(anyPolicy, { maxLength: 12 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([list, shuffle]) => {
        expect(orderOverridePolicies(shuffle)).toEqual(orderOverridePolicies(list));
      }),
    );
  });
});
