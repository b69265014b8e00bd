import type { ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { createIdentityWatch } from './watch-identity.ts';

const MINUTE = 60_000;
const own = { identity: 'a_1', server: 'https://a:6443' };
const other = JSON.stringify({ identity: 'b_2', server: 'https://b:6443' });

function live(identity: string | undefined, duplicated?: 'False' | 'True'): ManagedCluster {
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: {
      name: 'east',
      annotations: identity === undefined ? {} : { 'clusters.clusternet.io/agent-identity': identity },
    },
    status: {
      conditions:
        duplicated === undefined
          ? []
          : [{ type: 'Duplicated', status: duplicated, reason: 'x', message: '', lastTransitionTime: '' }],
    },
  };
}

/** A watch whose objects are all what they turn out to be. */
function createWatch(settleMs: number) {
  const watch = createIdentityWatch(own, settleMs);
  return (cluster: ManagedCluster, nowMs: number) => {
    const { accept, ...plan } = watch(cluster, nowMs);
    accept();
    return plan;
  };
}

describe('createIdentityWatch', () => {
  it('is not fooled by an object that is older than its own last word', () => {
    const watch = createIdentityWatch(own, MINUTE);
    watch(live(other), 0).accept();
    expect(watch(live(other), 1).condition?.status).toBe('True'); // not accepted: somebody found it outdated
    expect(watch(live(JSON.stringify(own)), 2).condition).toBeUndefined();
  });

  it('takes over from whoever reported before it', () => {
    const watch = createWatch(MINUTE);
    expect(watch(live(other), 0)).toEqual({ annotation: JSON.stringify(own), condition: undefined });
    expect(watch(live(JSON.stringify(own)), 1)).toEqual({ annotation: undefined, condition: undefined });
  });

  it('notices that another one contradicts it, and names both', () => {
    const watch = createWatch(MINUTE);
    watch(live(undefined), 0);
    const { annotation, condition } = watch(live(other), 1);
    expect(annotation).toBe(JSON.stringify(own));
    expect(condition).toMatchObject({ type: 'Duplicated', status: 'True', reason: 'TwoAgents' });
    expect(condition?.message).toContain('a_1 of https://a:6443 and b_2 of https://b:6443');
  });

  it('takes it back once nobody has contradicted for a while', () => {
    const watch = createWatch(MINUTE);
    watch(live(undefined), 0);
    watch(live(other), 1);
    const mine = JSON.stringify(own);
    expect(watch(live(mine, 'True'), MINUTE)).toMatchObject({ condition: { status: 'True' } });
    expect(watch(live(mine, 'True'), MINUTE + 2)).toMatchObject({ condition: { status: 'False' } });
    expect(watch(live(mine, 'False'), MINUTE + 3).condition).toBeUndefined();
  });
});
