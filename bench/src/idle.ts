import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFleet } from '@clusternet/e2e/harness/fleet.ts';
import { median, residentMiB } from './resident-memory.ts';
import { createRow } from './row.ts';
import type { BenchRow } from './row.ts';

const SETTLE_MS = 15_000;
const SAMPLES = 5;
const SAMPLE_MS = 1000;

/** Memory of the hub and an agent that have joined and have nothing to do, beside a Node process that does nothing. */
export async function benchIdle(): Promise<BenchRow[]> {
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    await using fleet = await startFleet({
      on: 'embedded',
      children: [
        { name: 'one', syncMode: 'Push', isAppPusherEnabled: true },
        { name: 'two', syncMode: 'Pull', isAppPusherEnabled: false },
      ],
    });
    await sleep(SETTLE_MS);
    const pids = { hub: fleet.hub.pid, agent: fleet.child('two').agent.pid, node: bare.pid ?? 0 };
    const samples = { hub: [] as number[], agent: [] as number[], node: [] as number[] };
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      for (const name of ['hub', 'agent', 'node'] as const) samples[name].push(residentMiB(pids[name]));
      await sleep(SAMPLE_MS);
    }
    const baseline = { name: 'bare node', value: median(samples.node) };
    const row = (name: 'agent' | 'hub', atMost: number): BenchRow =>
      createRow({
        name: `idle RSS of ${name}`,
        value: median(samples[name]),
        unit: 'MiB',
        baseline,
        bar: { of: 'value', atMost },
      });
    return [row('hub', 120), row('agent', 100)];
  } finally {
    bare.kill('SIGKILL');
  }
}
