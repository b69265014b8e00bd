import type { ManagedCluster, Taint } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import { describe, expect, it } from 'vitest';
import { cluster, ready } from '../parent/objects.fixture.ts';
import { planLifecycle } from './plan-lifecycle.ts';
import type { LifecyclePlan, TunnelEvidence } from './plan-lifecycle.ts';

const CREATED_MS = Date.parse('2026-01-01T00:00:00Z');
const NOW = Date.parse('2026-01-01T01:00:00Z');
const MINUTE = 60_000;

const at = (ms: number): string => new Date(ms).toISOString();
const taint = (value: string, key = 'clusters.clusternet.io/unschedulable'): Taint => ({
  key,
  value,
  effect: 'NoSchedule',
});
const HEALTHY = { livez: true, readyz: true, healthz: true };
const SICK = { livez: false, readyz: false, healthz: false };

function reported(
  agoMs: number,
  status: ManagedCluster['status'] = {},
  taints: readonly Taint[] = [],
): ManagedCluster {
  return cluster(
    {
      ...HEALTHY,
      heartbeatFrequencySeconds: 180,
      lastObservedTime: at(NOW - agoMs),
      conditions: [ready('True', 'ManagedClusterReady')],
      ...status,
    },
    { taints: [...taints] },
  );
}

const readyOf = (plan: LifecyclePlan): unknown => {
  const found = plan.conditions.find(({ type }) => type === 'Ready');
  return found === undefined ? 'as reported' : `${found.status}/${found.reason}`;
};

describe('planLifecycle: reports', () => {
  it.each([
    { why: 'a fresh report', given: reported(MINUTE), want: 'as reported', taints: undefined },
    { why: 'two reports missed', given: reported(8.9 * MINUTE), want: 'as reported', taints: undefined },
    {
      why: 'three reports missed',
      given: reported(9.1 * MINUTE),
      want: 'Unknown/ClusterStatusUnknown',
      taints: [taint('ClusterStatusUnknown')],
    },
    {
      why: 'a shorter heartbeat has a shorter grace',
      given: reported(4 * MINUTE, { heartbeatFrequencySeconds: 60 }),
      want: 'Unknown/ClusterStatusUnknown',
      taints: [taint('ClusterStatusUnknown')],
    },
    {
      why: 'a heartbeat of 0 is none: nine minutes',
      given: reported(MINUTE, { heartbeatFrequencySeconds: 0 }),
      want: 'as reported',
      taints: undefined,
    },
    {
      why: 'not ready by its own report',
      given: reported(MINUTE, { ...SICK, conditions: [ready('False', 'ManagedClusterNotReady')] }),
      want: 'as reported',
      taints: [taint('ManagedClusterNotReady')],
    },
  ])('$why', ({ given, want, taints }) => {
    const plan = planLifecycle(given, {}, NOW);
    expect(readyOf(plan)).toBe(want);
    expect(plan.taints).toEqual(taints);
  });

  describe('of an agent of ours that says since when it is not ready', () => {
    const sick = (agoMs: number, taints: readonly Taint[] = []) => {
      const condition = { ...ready('False', 'ManagedClusterNotReady'), lastTransitionTime: at(NOW - agoMs) };
      const given = reported(MINUTE, { ...SICK, conditions: [condition] }, taints);
      const annotations = { 'clusters.clusternet.io/agent-identity': '{}' };
      return planLifecycle({ ...given, metadata: { ...given.metadata, annotations } }, {}, NOW);
    };

    it('moves nothing away while that may pass, and looks again when the grace ends', () => {
      const { taints, requeueAfterMs } = sick(3 * MINUTE);
      expect(taints).toBeUndefined();
      expect(requeueAfterMs).toBe(6 * MINUTE + 1000);
    });

    it('moves away after the grace period', () => {
      expect(sick(9 * MINUTE).taints).toEqual([taint('ManagedClusterNotReady')]);
    });

    it('leaves a taint that is there', () => {
      expect(sick(MINUTE, [taint('ManagedClusterNotReady')]).taints).toBeUndefined();
    });
  });

  it('counts from creation when there never was a report', () => {
    const fresh = planLifecycle(cluster(), {}, CREATED_MS + 8 * MINUTE);
    expect(readyOf(fresh)).toBe('as reported');
    expect(fresh.taints).toBeUndefined();
    const late = planLifecycle(cluster(), {}, CREATED_MS + 10 * MINUTE);
    expect(readyOf(late)).toBe('Unknown/ClusterStatusNeverUpdated');
    expect(late.taints).toEqual([taint('ClusterStatusNeverUpdated')]);
    expect(late.fields).toEqual(SICK);
  });

  it('looks again when the grace ends', () => {
    const plan = planLifecycle(reported(MINUTE), {}, NOW);
    expect(plan.requeueAfterMs).toBeGreaterThanOrEqual(8 * MINUTE);
    expect(plan.requeueAfterMs).toBeLessThan(8 * MINUTE + 5000);
  });

  it('says that clusters are not initialised by us', () => {
    const { conditions } = planLifecycle(reported(MINUTE), {}, NOW);
    const init = findCondition(conditions, 'ClusterInit');
    expect(init).toMatchObject({ status: 'True', reason: 'ClusterInitDisabled' });
  });
});

describe('planLifecycle: tunnel', () => {
  const lost = (agoMs: number): TunnelEvidence => ({ isConnected: false, sinceMs: NOW - agoMs });
  const up: TunnelEvidence = { isConnected: true, sinceMs: NOW };
  const silent = ready('Unknown', 'ClusterTunnelDisconnected');

  it.each([
    {
      why: 'lost after the last report: shows at once, taints nothing',
      given: reported(MINUTE, { useSocket: true }),
      tunnel: lost(3000),
      want: 'Unknown/ClusterTunnelDisconnected',
      taints: undefined,
    },
    {
      why: 'lost, but a fresh report came since: the cluster lives',
      given: reported(1000, { useSocket: true }),
      tunnel: lost(MINUTE),
      want: 'as reported',
      taints: undefined,
    },
    {
      why: 'a cluster that uses no tunnel needs none',
      given: reported(MINUTE, { useSocket: false }),
      tunnel: lost(3000),
      want: 'as reported',
      taints: undefined,
    },
    {
      why: 'back: ready again without waiting for a report',
      given: reported(MINUTE, { useSocket: true, conditions: [silent] }),
      tunnel: up,
      want: 'True/ManagedClusterReady',
      taints: undefined,
    },
    {
      why: 'back, and it was not ready before',
      given: reported(MINUTE, { useSocket: true, ...SICK, conditions: [silent] }, [
        taint('ManagedClusterNotReady'),
      ]),
      tunnel: up,
      want: 'False/ManagedClusterNotReady',
      taints: undefined,
    },
    {
      why: 'a cluster that is not ready and falls silent stays tainted',
      given: reported(
        MINUTE,
        { useSocket: true, ...SICK, conditions: [ready('False', 'ManagedClusterNotReady')] },
        [taint('ManagedClusterNotReady')],
      ),
      tunnel: lost(3000),
      want: 'Unknown/ClusterTunnelDisconnected',
      taints: undefined,
    },
    {
      why: 'and while it is silent',
      given: reported(MINUTE, { useSocket: true, ...SICK, conditions: [silent] }, [
        taint('ManagedClusterNotReady'),
      ]),
      tunnel: lost(5000),
      want: 'Unknown/ClusterTunnelDisconnected',
      taints: undefined,
    },
    {
      why: 'silent for the whole grace: taints',
      given: reported(10 * MINUTE, { useSocket: true, conditions: [silent] }),
      tunnel: lost(10 * MINUTE),
      want: 'Unknown/ClusterStatusUnknown',
      taints: [taint('ClusterStatusUnknown')],
    },
  ])('$why', ({ given, tunnel, want, taints }) => {
    const plan = planLifecycle(given, { tunnel }, NOW);
    expect(readyOf(plan)).toBe(want);
    expect(plan.taints).toEqual(taints);
  });
});

describe('planLifecycle: denied', () => {
  const denied = { conditions: [ready('Unknown', 'ClusterDenied')] };
  const tunnel = (isConnected: boolean): TunnelEvidence => ({ isConnected, sinceMs: NOW });
  it.each([
    {
      why: 'denied a moment after a report',
      given: reported(0),
      isDenied: true,
      want: 'Unknown/ClusterDenied',
    },
    {
      why: 'denied and silent',
      given: reported(0),
      isDenied: true,
      isLost: true,
      want: 'Unknown/ClusterDenied',
    },
    { why: 'approved again and not back', given: reported(0, denied), want: 'as reported' },
    {
      why: 'approved again and back',
      given: reported(0, { ...denied, useSocket: true }),
      isBack: true,
      want: 'True/ManagedClusterReady',
    },
    {
      why: 'denied for long',
      given: reported(60 * MINUTE),
      isDenied: true,
      want: 'Unknown/ClusterStatusUnknown',
    },
  ])('$why', ({ given, isDenied = false, isLost, isBack, want }) => {
    const known = isLost === true ? tunnel(false) : isBack === true ? tunnel(true) : undefined;
    expect(readyOf(planLifecycle(given, { isDenied, tunnel: known }, NOW))).toBe(want);
  });

  it('moves nothing away by itself', () => {
    expect(planLifecycle(reported(0), { isDenied: true }, NOW).taints).toBeUndefined();
    expect(planLifecycle(reported(0, denied), { isDenied: true }, NOW).taints).toBeUndefined();
  });
});

describe('planLifecycle: taints', () => {
  const foreign: Taint = { key: 'team.io/reserved', value: 'x', effect: 'NoSchedule' };
  const sameKey: Taint = { key: 'clusters.clusternet.io/unschedulable', value: '', effect: 'NoExecute' };

  it("keeps other people's taints, in their order", () => {
    const plan = planLifecycle(reported(10 * MINUTE, {}, [foreign, sameKey]), {}, NOW);
    expect(plan.taints).toEqual([foreign, sameKey, taint('ClusterStatusUnknown')]);
  });

  it('A §11.3-37: removes two taints of ours in one pass', () => {
    const both = [taint('x'), foreign, taint('ClusterInitWaiting', 'clusters.clusternet.io/initialization')];
    expect(planLifecycle(reported(MINUTE, {}, both), {}, NOW).taints).toEqual([foreign]);
  });

  it('A §11.3-38: writes nothing when the taints are right', () => {
    const given = reported(10 * MINUTE, {}, [foreign, taint('ClusterStatusUnknown')]);
    expect(planLifecycle(given, {}, NOW).taints).toBeUndefined();
  });

  it('A §11.3-39: the value follows the reason', () => {
    const given = reported(10 * MINUTE, {}, [taint('ManagedClusterNotReady')]);
    expect(planLifecycle(given, {}, NOW).taints).toEqual([taint('ClusterStatusUnknown')]);
  });
});
