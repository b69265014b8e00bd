import { describe, expect, it } from 'vitest';
import type { FaultSettings } from '../faults/fault-settings.ts';
import type { ClusterStatus } from '../fleet/cluster-status.ts';
import { formatFaults, formatStatus, formatUptime } from './format-status.ts';

const cluster = (over: Partial<ClusterStatus>): ClusterStatus => ({
  name: 'east',
  state: 'ready',
  url: 'https://127.0.0.1:7001',
  nodes: 1,
  pods: 0,
  uptimeMs: 61_000,
  waiting: 0,
  faults: {},
  ...over,
});

describe('formatStatus', () => {
  it('lines columns up and shows nothing of what does not run', () => {
    const clusters = [
      cluster({ pods: 12 }),
      cluster({ name: 'w', state: 'frozen', waiting: 3 }),
      cluster({ name: 'n', state: 'killed', nodes: 0, uptimeMs: 0 }),
      cluster({ name: 's', state: 'starting', url: '' }),
    ];
    expect(formatStatus({ clusters }))
      .toBe(`NAME  STATE               URL                     NODES  PODS  UPTIME  FAULTS
east  ready               https://127.0.0.1:7001  1      12    61s     -
w     frozen (3 waiting)  https://127.0.0.1:7001  1      0     61s     -
n     killed              https://127.0.0.1:7001  -      -     -       -
s     starting            -                       -      -     -       -
`);
  });
});

describe('formatFaults', () => {
  it.each<{ given: FaultSettings; want: string }>([
    { given: {}, want: '-' },
    { given: { requests: [{ latencyMs: 1500, jitterMs: 50 }] }, want: 'latency 1.5s ± 50ms' },
    { given: { requests: [{ rate: 0.125, fail: { kind: 'status', code: 503 } }] }, want: '12.5% 503' },
    {
      given: {
        requests: [{ match: { verbs: ['get'] }, fail: { kind: 'cut', when: 'after' } }],
        watches: { everyMs: 500, by: 'cut' },
      },
      want: '100% answer lost (get), watches cut every 500ms',
    },
    {
      given: { requests: [{ fail: { kind: 'cut', when: 'before' } }], watches: { everyMs: 2000 } },
      want: '100% cut, watches ended every 2s',
    },
  ])('$want', ({ given, want }) => {
    expect(formatFaults(given)).toBe(want);
  });
});

describe('formatUptime', () => {
  it.each([
    [0, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [3_600_000, '1h0m'],
    [90_000_000, '1d1h'],
  ])('%d ms is %s', (given, want) => {
    expect(formatUptime(given)).toBe(want);
  });
});
