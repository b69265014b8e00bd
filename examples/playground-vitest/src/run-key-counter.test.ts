import { createKubeClient, resourceRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { createTransport } from '@clusternet/client/undici';
import { startControlPlane } from '@clusternet/playground';
import type { ControlPlane } from '@clusternet/playground';
import { systemClock } from '@clusternet/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LABEL, runKeyCounter } from './run-key-counter.ts';

describe('the key counter', () => {
  const stack = new AsyncDisposableStack();
  let plane: ControlPlane;
  let client: KubeClient;

  beforeAll(async () => {
    plane = stack.use(await startControlPlane());
    client = await connect('tests');
    const stop = new AbortController();
    const run = runKeyCounter(await connect('key-counter'), stop.signal);
    stack.defer(() => {
      stop.abort();
      return run;
    });
  });
  afterEach(() => plane.faults.clear());
  afterAll(() => stack.disposeAsync()); // the last that was started ends first

  /** A user of its own for each, so that faults can hit one of them. */
  async function connect(name: string): Promise<KubeClient> {
    const kubeconfig = parseKubeconfig(await plane.kubeconfig({ name, groups: ['system:masters'] }), {
      path: name,
    });
    const connection = await createConnection(kubeconfig, { clock: systemClock, path: name });
    return createKubeClient(stack.use(createTransport({ ...connection, name })));
  }

  const configMaps = () => client.resource(resourceRef('v1', 'ConfigMap', 'configmaps', true));
  const create = (name: string, data: Record<string, string>) =>
    configMaps().create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data,
    });
  const waitForLabel = (name: string, want: string) =>
    vi.waitFor(
      async () => {
        const { metadata } = await configMaps().get({ name, namespace: 'default' });
        expect(metadata.labels?.[LABEL]).toBe(want);
      },
      { timeout: 10_000 },
    );

  it('labels what is there, and follows changes', async () => {
    await create('fruit', { apple: '1', pear: '2' });
    await waitForLabel('fruit', '2');
    await configMaps().patch({ name: 'fruit', namespace: 'default' }, 'merge', { data: { apple: null } });
    await waitForLabel('fruit', '1');
  });

  it('misses nothing when its watches break', async () => {
    expect(plane.faults.dropWatches({ by: 'cut' })).toBeGreaterThan(0);
    await create('nuts', { hazel: '1' });
    await waitForLabel('nuts', '1');
  });

  it('tries again when its writes fail, or their answers get lost', async () => {
    const match = { users: ['key-counter'], verbs: ['patch'] };
    plane.faults.set({
      requests: [
        { match, times: 1, fail: { kind: 'status', code: 503 } },
        { match, times: 1, fail: { kind: 'cut', when: 'after' } },
      ],
    });
    await create('herbs', { sage: '1', thyme: '2', mint: '3' });
    await waitForLabel('herbs', '3');
  });

  it('goes on after an outage', async () => {
    plane.faults.freeze();
    const created = create('roots', { carrot: '1' });
    await vi.waitFor(() => expect(plane.faults.waiting).toBeGreaterThan(0));
    plane.faults.thaw();
    await created;
    await waitForLabel('roots', '1');
  });
});
