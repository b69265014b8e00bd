import type { ClusterSyncMode } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { isPulling } from './pull-controller.ts';

describe('isPulling (spec C §2.8, by the flags of the agent)', () => {
  it.each<[ClusterSyncMode, boolean, boolean]>([
    ['Pull', true, true],
    ['Pull', false, true],
    ['Push', true, false],
    ['Push', false, false],
    ['Dual', true, false],
    ['Dual', false, true],
  ])('%s with AppPusher %s: %s', (syncMode, isAppPusherEnabled, want) => {
    expect(isPulling({ syncMode, isAppPusherEnabled })).toBe(want);
  });
});
