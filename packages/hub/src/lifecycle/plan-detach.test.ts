import { describe, expect, it } from 'vitest';
import { base, cluster, description } from '../parent/objects.fixture.ts';
import { planDetachPolicy, planDetachProgress } from './plan-detach.ts';

const annotated = (value: string) =>
  cluster({}, {}, { annotations: { 'clusters.clusternet.io/detach': value } });

describe('planDetachPolicy', () => {
  it('reads the annotation, and says what it takes', () => {
    expect(planDetachPolicy(cluster())).toEqual({ kind: 'none' });
    for (const policy of ['Remove', 'Keep', 'Force']) {
      expect(planDetachPolicy(annotated(policy))).toEqual({ kind: 'detach', policy });
    }
    expect(planDetachPolicy(annotated('yes'))).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('not "yes"') as string,
    });
  });
});

describe('planDetachProgress', () => {
  it('is done when nothing is left', () => {
    expect(planDetachProgress('Remove', [], []).isDone).toBe(true);
    expect(planDetachProgress('Remove', [base()], []).isDone).toBe(false);
  });

  it('names what is left, why, and the way out', () => {
    const stuck = description([], { phase: 'Pending', reason: 'the child is out of reach' }, { name: 'web' });
    const { message } = planDetachProgress('Remove', [base()], [stuck]);
    expect(message).toContain('1 Descriptions are left: web; web: the child is out of reach');
    expect(message).toContain('detach=Force');
  });

  it('names no more than fit', () => {
    const many = Array.from({ length: 12 }, (_, index) => description([], {}, { name: `d${index}` }));
    expect(planDetachProgress('Force', [], many).message).toMatch(/and 2 more$/);
  });
});
