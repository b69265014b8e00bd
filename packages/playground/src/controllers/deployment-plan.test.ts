import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRollout } from './deployment-plan.ts';

describe('planRollout', () => {
  it('never asks for more than the surge, nor for less than has to be available', () => {
    const set = fc.record({ replicas: fc.nat(6), spare: fc.nat(6) });
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.nat(3),
        fc.nat(3),
        set,
        fc.array(set, { maxLength: 3 }),
        (desired, surge, unavailable, now, before) => {
          const maxSurge = surge === 0 && unavailable === 0 ? 1 : surge;
          const maxUnavailable = Math.min(unavailable, desired);
          const count = (name: string, item: typeof now) => ({
            name,
            replicas: item.replicas,
            available: Math.max(0, item.replicas - item.spare),
          });
          const current = count('new', now);
          const old = before.map((item, index) => count(`old-${index}`, item));
          const steps = planRollout({ desired, maxSurge, maxUnavailable, current, old });
          const after = (item: typeof current) => steps.get(item.name) ?? item.replicas;
          const total = [current, ...old].reduce((sum, item) => sum + item.replicas, 0);
          const planned = [current, ...old].reduce((sum, item) => sum + after(item), 0);
          expect(planned).toBeLessThanOrEqual(Math.max(total, desired + maxSurge));
          const available = [current, ...old].reduce((sum, item) => sum + item.available, 0);
          // Pods that are not available go first: that many are left available at least.
          const left = [current, ...old].reduce(
            (sum, item) => sum + Math.min(item.available, after(item)),
            0,
          );
          expect(left).toBeGreaterThanOrEqual(Math.min(available, desired - maxUnavailable));
          for (const replicas of steps.values()) expect(replicas).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('comes to an end', () => {
    let current = { name: 'new', replicas: 0, available: 0 };
    let old = [{ name: 'old', replicas: 5, available: 5 }];
    for (let round = 0; round < 30; round += 1) {
      const steps = planRollout({ desired: 5, maxSurge: 1, maxUnavailable: 0, current, old });
      const move = (item: typeof current) => {
        const replicas = steps.get(item.name) ?? item.replicas;
        return { ...item, replicas, available: replicas };
      };
      current = move(current);
      old = old.map(move);
    }
    expect([current.replicas, old[0]?.replicas]).toEqual([5, 0]);
  });
});
