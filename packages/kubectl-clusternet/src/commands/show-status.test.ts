import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi, statusAnswer } from '@clusternet/client/fakes';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { readStatusRequest, showStatus } from './show-status.ts';

/** A parent with Subscription default/app, and what `status` says of it. */
async function start(...words: string[]) {
  const refs = (['Subscription', 'Description', 'ManagedCluster'] as const).map((kind) =>
    clusternetRef(kind),
  );
  const api = createFakeApi({ refs });
  const client = createKubeClient(api.transport);
  const subscriptions = client.resource(clusternetRef('Subscription'));
  await subscriptions.create({
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Subscription',
    metadata: { namespace: 'default', name: 'app' },
    spec: { feeds: [], subscribers: [] },
  });
  const clock = createFakeClock();
  const stop = new AbortController();
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const deps = {
    client,
    clock,
    out: (text: string) => stdout.push(text),
    err: (text: string) => stderr.push(text),
  };
  const done = showStatus(deps, readStatusRequest(words, ''), stop.signal);
  const say = (message: string) => {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'x', message }];
    return subscriptions.patch(
      { namespace: 'default', name: 'app' },
      'merge',
      { status: { conditions } },
      { subresource: 'status' },
    );
  };
  return { api, clock, stop, stdout, stderr, done, say };
}

describe('showStatus', () => {
  it('says it once', async () => {
    const { done, stdout } = await start('app');
    await done;
    expect(stdout).toEqual(['Subscription default/app is not looked at yet\n']);
  });

  it('misses what is not there, also when it watches', async () => {
    const { done } = await start('other', '--watch');
    await expect(done).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says it anew after a change only, outlives a parent that is away, and ends when told so', async () => {
    const { api, clock, stop, stdout, stderr, done, say } = await start('app', '-w');
    const later = async (): Promise<void> => clock.advance(2000);
    await expect.poll(() => stdout.length).toBe(1);
    await later();
    await say('1 of 2 clusters');
    await expect.poll(() => later().then(() => stdout.length)).toBe(2);
    expect(stdout[1]).toBe('\nSubscription default/app is not ready: 1 of 2 clusters\n');

    const end = api.intercept(() => statusAnswer(503, 'ServiceUnavailable', 'restarting'));
    await expect.poll(() => later().then(() => stderr.length)).toBe(1);
    await later();
    expect(stderr).toEqual([expect.stringContaining('restarting; looking again\n')]);
    end();
    await say('2 of 2 clusters');
    await expect.poll(() => later().then(() => stdout.length)).toBe(3);
    stop.abort();
    await done;
  });
});
