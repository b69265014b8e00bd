import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { API_VERSIONS } from '@clusternet/api-types';
import { createDelegatedAuth, createTunnelRegistry, runAggregatedApi } from '@clusternet/hub';
import type { TunnelRegistry } from '@clusternet/hub';
import { createCa, issueCertificate } from '@clusternet/pki';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { dialTunnel } from '@clusternet/tunnel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { kindsOf, startControllers, startParent } from './parent.ts';

const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';
const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };

/** Two clusters with the roles that approval gives them, and a hub that asks the parent who may do what. */
describe('whose tunnel is whose', () => {
  const stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const [own, other] = [randomUUID(), randomUUID()];
  const tokens = new Map<string, string>();
  let registry: TunnelRegistry;
  let url = '';
  let caPem = '';

  beforeAll(async () => {
    const parent = stack.use(await startParent());
    stack.use(await startControllers(parent));
    const { requests } = kindsOf(parent.client);
    for (const id of [own, other]) {
      await requests.create({
        apiVersion: API_VERSIONS.clusters,
        kind: 'ClusterRegistrationRequest',
        metadata: { name: `clusternet-${id}` },
        spec: { clusterId: id, clusterName: `c-${id.slice(0, 8)}` },
      });
      const token = await eventually('the request to be approved', async () => {
        const { status } = await requests.get({ name: `clusternet-${id}` });
        return status?.token;
      });
      tokens.set(id, Buffer.from(token, 'base64').toString());
    }
    const ca = await createCa({ commonName: 'hub CA' });
    caPem = ca.certPem;
    const tls = await issueCertificate(ca, {
      commonName: 'hub',
      ipAddresses: ['127.0.0.1'],
      usage: 'server',
    });
    registry = createTunnelRegistry(deps);
    const listening = Promise.withResolvers<string>();
    const run = runAggregatedApi(
      {
        ...deps,
        auth: createDelegatedAuth({ ...deps, client: parent.client }),
        registry,
        getTarget: () => undefined,
        tls,
        version: {},
        gatherMetrics: () => '',
      },
      {
        host: '127.0.0.1',
        port: 0,
        drainTimeoutMs: 200,
        onListening: (server) => listening.resolve(server.url),
      },
      stop.signal,
    );
    run.catch(listening.reject);
    stack.defer(async () => {
      stop.abort();
      await run;
    });
    url = await listening.promise;
  });
  afterAll(() => stack.disposeAsync());

  const dial = (clusterId: string, token: string | undefined) =>
    dialTunnel(
      { ...deps, onStream: (stream) => stream.destroy() },
      { parentUrl: url, clusterId, caPem, ...(token === undefined ? {} : { token }) },
      {},
      stop.signal,
    );

  it('an agent opens the tunnel of its own cluster', async () => {
    const session = await dial(own, tokens.get(own));
    await expect.poll(() => registry.clusterIds()).toEqual([own]);
    await session.close();
    await expect.poll(() => registry.clusterIds()).toEqual([]);
  });

  it.each([
    { why: 'the id of another cluster', claim: () => other, token: () => tokens.get(own) },
    {
      why: 'the id of another cluster, the other way round',
      claim: () => own,
      token: () => tokens.get(other),
    },
    { why: 'an id that nobody has', claim: () => randomUUID(), token: () => tokens.get(own) },
    { why: 'its own id in capitals', claim: () => own.toUpperCase(), token: () => tokens.get(own) },
    { why: 'its own id, without saying who it is', claim: () => own, token: () => undefined },
    {
      why: 'its own id, with a token that is none',
      claim: () => own,
      token: () => `${tokens.get(own) ?? ''}x`,
    },
  ])('a session that claims $why is refused', async ({ claim, token }) => {
    await expect(dial(claim(), token())).rejects.toMatchObject({ code: 'REJECTED' });
    expect(registry.clusterIds()).toEqual([]);
  });

  it.each([
    { why: 'by an encoded slash', path: () => `${own}%2f..%2f${other}` },
    { why: 'by dots', path: () => `${own}/../${other}` },
    { why: 'by encoded dots', path: () => `${own}/%2e%2e/${other}` },
    { why: 'by empty segments', path: () => `/${other}` },
    { why: 'by a query', path: () => `${other}?name=${own}` },
  ])('nor does it get to another cluster $why', async ({ path }) => {
    const request = httpsRequest(`${url}${SOCKETS}/`, {
      path: `${SOCKETS}/${path()}`,
      ca: caPem,
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'clusternet-tunnel/2',
        'x-clusternet-tunnel': '2',
        authorization: `Bearer ${tokens.get(own) ?? ''}`,
      },
    });
    request.end();
    const [response] = (await Promise.race([once(request, 'response'), once(request, 'upgrade')])) as [
      IncomingMessage,
    ];
    expect([400, 403, 404]).toContain(response.statusCode);
    expect(registry.clusterIds()).toEqual([]);
    request.destroy();
  });

  it.each([
    { why: 'another cluster', id: () => other },
    { why: 'its own cluster', id: () => own },
  ])('an agent is no caller: it may not use the proxy to $why', async ({ id }) => {
    const request = httpsRequest(`${url}${SOCKETS}/${id()}/proxy/direct/api`, {
      ca: caPem,
      agent: false,
      headers: { authorization: `Bearer ${tokens.get(own) ?? ''}` },
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(403);
    expect(await text(response)).toContain('sockets/proxy');
  });
});
