import fc from 'fast-check';
import type { Condition } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { findCondition, formatTime, mergeConditions } from './conditions.ts';
import type { ConditionUpdate } from './conditions.ts';

const early = Date.UTC(2026, 0, 1, 0, 0, 0, 999);
const late = Date.UTC(2026, 0, 2);

function update(fields: Partial<ConditionUpdate> = {}): ConditionUpdate {
  return { type: 'Ready', status: 'True', reason: 'Fine', message: '', ...fields };
}

describe('mergeConditions', () => {
  it('adds a condition with the time, in whole seconds', () => {
    expect(mergeConditions([], [update()], early)).toEqual([
      {
        type: 'Ready',
        status: 'True',
        reason: 'Fine',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
  });

  it('moves the time only when the status changes', () => {
    const before = mergeConditions([], [update()], early);
    const said = mergeConditions(before, [update({ message: 'still' })], late);
    expect(said[0]).toMatchObject({ message: 'still', lastTransitionTime: formatTime(early) });
    const turned = mergeConditions(said, [update({ status: 'False' })], late);
    expect(turned[0]?.lastTransitionTime).toBe(formatTime(late));
  });

  it('leaves conditions of others alone, in their order', () => {
    const others: Condition[] = [
      { type: 'A', status: 'True' },
      { type: 'Ready', status: 'False' },
      { type: 'Z', status: 'Unknown' },
    ];
    const merged = mergeConditions(others, [update()], early);
    expect(merged.map(({ type }) => type)).toEqual(['A', 'Ready', 'Z']);
    expect(merged[0]).toBe(others[0]);
  });

  it('keeps the generation that was observed when an update does not say, and that is no change', () => {
    const before = mergeConditions([], [update({ observedGeneration: 3 })], early);
    expect(mergeConditions(before, [update()], late)).toBe(before);
    const told = mergeConditions(before, [update({ message: 'x' })], late);
    expect(told[0]?.observedGeneration).toBe(3);
  });

  it('gives the same array when nothing changed, whatever was merged before', () => {
    const anyUpdate = fc.record(
      {
        type: fc.constantFrom('Ready', 'Stalled'),
        status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
        reason: fc.constantFrom('A', 'B'),
        message: fc.constantFrom('', 'm'),
        observedGeneration: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ['type', 'status', 'reason', 'message'] },
    );
    fc.assert(
      fc.property(fc.array(anyUpdate), anyUpdate, (past, last) => {
        const before = mergeConditions([], past, early);
        const once = mergeConditions(before, [last], late);
        expect(mergeConditions(once, [last], late + 5000)).toBe(once);
        expect(new Set(once.map(({ type }) => type)).size).toBe(once.length);
      }),
    );
  });

  it('finds by type', () => {
    expect(findCondition([{ type: 'A', status: 'True' }], 'A')?.status).toBe('True');
    expect(findCondition(undefined, 'A')).toBeUndefined();
  });
});
