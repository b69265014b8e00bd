import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clusternetRef } from '../clusternet-ref.ts';
import { createFakeApi } from '../fakes/index.ts';
import { serveApi } from '../testing/loopback-server.fixture.ts';
import { connect, createFleet } from './connect.ts';

async function start() {
  const api = createFakeApi({ refs: [clusternetRef('ManagedCluster')] });
  const server = await serveApi(api);
  const home = mkdtempSync(join(tmpdir(), 'clusternet-home-'));
  onTestFinished(async () => {
    rmSync(home, { recursive: true });
    await server[Symbol.asyncDispose]();
  });
  const kubeconfig = JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    clusters: [{ name: 'here', cluster: { server: server.url } }],
    users: [{ name: 'me', user: { token: 'of-me' } }],
  });
  const path = join(home, 'parent.yaml');
  writeFileSync(path, kubeconfig);
  mkdirSync(join(home, '.kube'));
  return { api, home, path, kubeconfig, url: server.url };
}

describe('connect', () => {
  it.each([
    { why: 'the file that is named', given: (path: string) => ({ kubeconfig: path, env: {} }) },
    { why: 'KUBECONFIG', given: (path: string) => ({ env: { KUBECONFIG: path } }) },
  ])('takes $why', async ({ given }) => {
    const { api, path } = await start();
    await using fleet = await connect(given(path));
    await fleet.parent.kind('v1/Secret').list();
    expect(api.requests.at(-1)?.headers['authorization']).toBe('Bearer of-me');
  });

  it("takes the home's file, and a pod's account where there is none", async () => {
    const { api, home, kubeconfig } = await start();
    const env = { HOME: home };
    await expect(connect({ env })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/not running in a pod/) as string,
    });
    writeFileSync(join(home, '.kube', 'config'), kubeconfig);
    await using fleet = await connect({ env });
    await fleet.parent.kind('v1/Secret').list();
    expect(api.requests).not.toEqual([]);
  });

  it('does not choose between several files', async () => {
    const KUBECONFIG = ['a', 'b'].join(delimiter);
    await expect(connect({ env: { KUBECONFIG } })).rejects.toThrow('--flatten');
  });
});

describe('createFleet', () => {
  it('says at once what is no address, and sends nothing once closed', async () => {
    expect(() => createFleet({ server: 'parent:6443' })).toThrow('"parent:6443" is not the URL of a server');
    const { api, url } = await start();
    const fleet = createFleet({ server: url });
    await fleet[Symbol.asyncDispose]();
    await expect(fleet.parent.kind('v1/Secret').list()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(api.requests).toEqual([]);
  });

  it('ends watches once it is closed, also those across clusters, and tries nothing again', async () => {
    const { api, url } = await start();
    const fleet = createFleet({ server: url });
    const read = async (events: AsyncIterable<unknown>): Promise<void> => {
      for await (const event of events) expect(event).toEqual({ type: 'SYNCED' });
    };
    const watching = Promise.allSettled([
      read(fleet.parent.kind('v1/Secret').watch()),
      read(fleet.across().kind('v1/Secret').watch()),
    ]);
    while (api.openWatches < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await fleet[Symbol.asyncDispose]();
    const closed = { status: 'rejected', reason: { code: 'CLOSED' } };
    expect(await watching).toMatchObject([closed, closed]);
  });

  it('names the parent that cannot be reached', async () => {
    await using fleet = createFleet({ server: 'http://127.0.0.1:1' });
    await expect(fleet.parent.kind('Subscription').list()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hop: 'parent http://127.0.0.1:1',
    });
  });
});
