import { describe, expect, it } from 'vitest';
import { countPods, sumUsage } from './sum-usage.ts';

describe('what the metrics server says', () => {
  it('counts pods, and of them those with a container', () => {
    expect(countPods({ items: [{ containers: [{ name: 'a' }] }, { containers: [] }, {}] })).toEqual({
      runningPods: 1,
      totalPods: 3,
    });
    expect(countPods({})).toEqual({ runningPods: 0, totalPods: 0 });
  });

  it('sums the usage of nodes exactly, in whatever units they come', () => {
    const items = [
      { usage: { cpu: '156340756n', memory: '1024Ki' } },
      { usage: { cpu: '250m', memory: '1Mi' } },
      { usage: {} },
    ];
    expect(sumUsage({ items })).toEqual({ cpuUsage: '406340756n', memoryUsage: '2Mi' });
    expect(sumUsage({ items: [] })).toEqual({ cpuUsage: '0', memoryUsage: '0' });
  });
});
