import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { finishApply, planApply, recordUpdate } from './update-managers.ts';

const NOTE = 'kubectl.kubernetes.io/last-applied-configuration';
const rules = { schema: undefined, ignored: [] };

function thing(data: Record<string, unknown>, note?: string): KubeObject {
  const annotations = note === undefined ? {} : { annotations: { [NOTE]: note } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', ...annotations }, data };
}

function writer(manager: string) {
  return { manager, apiVersion: 'v1', subresource: '', time: '2024-01-01T00:00:00Z' };
}

/** An object that kubectl applied by itself, and that may have changed since. */
function applied(data: Record<string, unknown>, note: string): KubeObject {
  const live = thing(data, note);
  recordUpdate(undefined, live, writer('kubectl-client-side-apply'), rules);
  live.metadata.uid = 'u';
  return live;
}

function apply(live: KubeObject, config: KubeObject, manager = 'kubectl'): KubeObject {
  const { merged, managers } = planApply(live, config, writer(manager), rules);
  const next = structuredClone(merged);
  finishApply(live, next, { config, managers, writer: writer(manager), force: false }, rules);
  return next;
}

describe('what kubectl applied by itself', () => {
  const note = JSON.stringify(thing({ a: '1', b: '1' }));

  it.each([
    { why: 'is given to kubectl without force', live: { a: '1', b: '1' }, manager: 'kubectl', want: '2' },
    {
      why: 'stays with its owner when somebody else applies',
      live: { a: '1', b: '1' },
      manager: 'another',
      want: 'conflict with "kubectl-client-side-apply"',
    },
    {
      why: 'stays with its owner where it changed since',
      live: { a: 'changed', b: '1' },
      manager: 'kubectl',
      want: 'conflict with "kubectl-client-side-apply"',
    },
  ])('$why', ({ live, manager, want }) => {
    const run = (): unknown => apply(applied(live, note), thing({ a: '2' }), manager)['data'];
    if (want === '2') expect(run()).toMatchObject({ a: '2' });
    else expect(run).toThrow(want);
  });

  it('is no help when the note cannot be read', () => {
    expect(() => apply(applied({ a: '1' }, '{'), thing({ a: '2' }))).toThrow('conflict');
  });

  it('is noted anew', () => {
    const next = apply(applied({ a: '1', b: '1' }, note), thing({ a: '2' }));
    expect(next.metadata.annotations?.[NOTE]).toBe(
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
    );
  });

  it('is noted only where it was before, and by kubectl', () => {
    expect(apply(thing({}), thing({ a: '2' })).metadata.annotations).toBeUndefined();
    expect(apply(applied({ b: '1' }, note), thing({ a: '2' }), 'another').metadata.annotations?.[NOTE]).toBe(
      note,
    );
  });

  it('is not noted when it is too large', () => {
    const next = apply(applied({ a: '1' }, note), thing({ c: 'x'.repeat(300_000) }));
    expect(next.metadata.annotations?.[NOTE]).toBeUndefined();
  });
});
