import { createKubeClient } from '@clusternet/client';
import { createFakeApi, statusAnswer } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createEventRecorder } from './event-recorder.ts';
import type { EventRecorder } from './event-recorder.ts';

function base(name = 'a'): KubeObject {
  const metadata = { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '7' };
  return { apiVersion: 'apps.clusternet.io/v1alpha1', kind: 'Base', metadata };
}

interface Setup {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly recorder: EventRecorder;
  readonly warnings: string[];
  readonly events: () => readonly KubeObject[];
}

function setUp(): Setup {
  const api = createFakeApi();
  const clock = createFakeClock();
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const recorder = createEventRecorder({
    client: createKubeClient(api.transport),
    clock,
    random: createFakeRandom(),
    log,
    component: 'clusternet-controller-manager',
  });
  return { api, clock, recorder, warnings, events: () => api.store.list('/').map(([, event]) => event) };
}

describe('createEventRecorder', () => {
  it('writes an Event about the object, in its namespace', async () => {
    const { recorder, events } = setUp();
    recorder.record(base(), 'Warning', 'FailedSynced', 'it did not work');
    await recorder.flush();
    expect(events()).toEqual([
      expect.objectContaining({
        kind: 'Event',
        type: 'Warning',
        reason: 'FailedSynced',
        message: 'it did not work',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        involvedObject: {
          apiVersion: 'apps.clusternet.io/v1alpha1',
          kind: 'Base',
          namespace: 'ns',
          name: 'a',
          uid: 'uid-a',
          resourceVersion: '7',
        },
        source: { component: 'clusternet-controller-manager' },
      }),
    ]);
    expect(events()[0]?.metadata.namespace).toBe('ns');
    expect(events()[0]?.metadata.name).toMatch(/^a\.[0-9a-f]{16}$/);
  });

  it('counts repetition instead of adding Events', async () => {
    const { recorder, events, clock } = setUp();
    for (let round = 0; round < 3; round += 1) {
      recorder.record(base(), 'Normal', 'Synced', 'fine');
      await recorder.flush();
      await clock.advance(10_000);
    }
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({ count: 3, lastTimestamp: '2026-01-01T00:00:20Z' });
    recorder.record(base(), 'Normal', 'Synced', 'otherwise');
    recorder.record(base('b'), 'Normal', 'Synced', 'fine');
    await recorder.flush();
    expect(events()).toHaveLength(3);
  });

  it('starts anew when the Event it counts on has expired', async () => {
    const { recorder, events, api } = setUp();
    recorder.record(base(), 'Normal', 'Synced', 'fine');
    await recorder.flush();
    for (const [path] of api.store.list('/')) api.store.remove(path);
    recorder.record(base(), 'Normal', 'Synced', 'fine');
    await recorder.flush();
    expect(events().map(({ count }) => count)).toEqual([1]);
  });

  it('puts Events about what has no namespace in "default"', async () => {
    const { recorder, events } = setUp();
    const { namespace: _namespace, ...metadata } = base().metadata;
    const cluster = { ...base(), metadata };
    recorder.record(cluster, 'Normal', 'Synced', 'fine');
    await recorder.flush();
    expect(events()[0]?.metadata.namespace).toBe('default');
  });

  it('cuts a message to what the API takes, by bytes and between characters', async () => {
    const { recorder, events } = setUp();
    recorder.record(base(), 'Normal', 'Synced', 'é'.repeat(2000));
    await recorder.flush();
    const message = String(events()[0]?.['message']);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/^é+ \.\.\.$/);
  });

  it('gives an Event a name that is allowed, however the object is called', async () => {
    const { recorder, events } = setUp();
    recorder.record(base(`${'x'.repeat(199)}-rest`), 'Normal', 'Synced', 'fine');
    await recorder.flush();
    expect(events()[0]?.metadata.name).toMatch(/^x{199}\.[0-9a-f]{16}$/);
  });

  it('never throws: what the API refuses is a line in the log', async () => {
    const { recorder, api, warnings } = setUp();
    api.intercept(() => statusAnswer(403, 'Forbidden', 'no'));
    recorder.record(base(), 'Normal', 'Synced', 'fine');
    await recorder.flush();
    expect(warnings).toEqual(['event not recorded']);
  });

  it('keeps no more than 256 waiting, and says once that it drops the rest', async () => {
    const { recorder, events, warnings } = setUp();
    for (let index = 0; index < 300; index += 1) recorder.record(base(`n${index}`), 'Normal', 'Synced', 'x');
    await recorder.flush();
    expect(events()).toHaveLength(256);
    expect(warnings).toEqual(['events dropped: too many wait']);
    recorder.record(base('later'), 'Normal', 'Synced', 'x');
    await recorder.flush();
    expect(events()).toHaveLength(257);
  });

  it('gives up what cannot be written when it is to end, and can be used again', async () => {
    const { recorder, api, clock, warnings, events } = setUp();
    const end = api.intercept((_request, signal) => {
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    });
    for (let index = 0; index < 50; index += 1) recorder.record(base(`n${index}`), 'Normal', 'Synced', 'x');
    const flushed = recorder.flush(1000);
    await clock.advance(1000);
    await flushed;
    expect(warnings).toHaveLength(50);
    expect(clock.pending()).toBe(0);
    end();
    recorder.record(base(), 'Normal', 'Synced', 'x');
    await recorder.flush();
    expect(events()).toHaveLength(1);
  });
});
