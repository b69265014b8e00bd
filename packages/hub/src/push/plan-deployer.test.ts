import type { ClusterSyncMode } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { cluster, ready } from '../parent/objects.fixture.ts';
import { planDeployer } from './plan-deployer.ts';

describe('planDeployer (spec C §2.8)', () => {
  it.each<[ClusterSyncMode, boolean | undefined, string]>([
    ['Pull', true, 'agent'],
    ['Pull', false, 'agent'],
    ['Pull', undefined, 'agent'],
    ['Push', true, 'hub'],
    ['Push', false, 'nobody'],
    ['Push', undefined, 'unknown'],
    ['Dual', true, 'hub'],
    ['Dual', false, 'agent'],
    ['Dual', undefined, 'unknown'],
  ])('%s with AppPusher %s: %s', (syncMode, appPusher, want) => {
    expect(planDeployer(cluster(appPusher === undefined ? {} : { appPusher }, { syncMode }))).toBe(want);
  });

  it('knows a cluster that is gone', () => {
    expect(planDeployer(undefined)).toBe('gone');
  });

  it('A §11.3-45: a cluster that is not ready is not gone', () => {
    const conditions = [ready('Unknown', 'ClusterStatusUnknown')];
    expect(planDeployer(cluster({ appPusher: true, conditions }))).toBe('hub');
  });
});
