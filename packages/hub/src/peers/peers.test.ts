import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import {
  createDialPolicy,
  createRequestServer,
  createStreamServer,
  dialTcp,
  dialTunnel,
  runTunnel,
} from '@clusternet/tunnel';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SOCKETS, call, createTestPki, open, startChild } from '../aggregated/loopback.fixture.ts';
import type { Child, TestPki } from '../aggregated/loopback.fixture.ts';
import {
  CLUSTER_ID,
  LEASES,
  expectForwarding,
  joinAgent,
  poll,
  startInstallation,
  visit,
} from './installation.fixture.ts';
import { createChildDialer } from '../roles/child-dialer.ts';
import { joinRegistries } from './join-registries.ts';
import { PEER_LEASE_PREFIX } from './peer-record.ts';
import { PEER_SECRET } from './peer-secret.ts';

let childPki: TestPki;
beforeAll(async () => {
  childPki = await createTestPki('child');
});

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

const startNamed = (name: string, serve?: Serve): Promise<Child> =>
  startChild(
    childPki,
    serve ?? ((request, response) => response.end(`${name} ${request.method} ${request.url}`)),
  );

/** Two replicas and a child whose agent is at the first. */
async function startTwo(serve?: Serve, version: 1 | 2 = 2) {
  const installation = await startInstallation();
  const child = await startNamed('child', serve);
  const caPem = childPki.ca.certPem;
  const [holder, asker] = await Promise.all([
    installation.startReplica(child, caPem),
    installation.startReplica(child, caPem),
  ]);
  const agent = await joinAgent(holder, child, caPem, version);
  await expectForwarding(asker);
  return { installation, child, holder, asker, agent, caPem };
}

describe.each([1, 2] as const)('two replicas and an agent of version %i', (version) => {
  it('each serves what the other holds', async () => {
    const { holder, asker } = await startTwo(undefined, version);
    for (const hub of [holder, asker, asker]) {
      expect(await visit(hub, '/api/v1/pods?limit=1')).toMatchObject({
        status: 200,
        text: 'child GET /api/v1/pods?limit=1',
      });
    }
  });

  it('passes bodies, headers, statuses and trailers on as they are', async () => {
    const { asker } = await startTwo((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(201, { 'x-got': String(request.headers['x-mine']), trailer: 'x-end' });
        response.write(Buffer.concat(chunks));
        response.addTrailers({ 'x-end': 'yes' });
        response.end();
      });
    }, version);
    const body = 'b'.repeat(300_000);
    const answer = await visit(asker, '/x', { method: 'POST', body, headers: { 'x-mine': 'm' } });
    expect(answer).toMatchObject({ status: 201, headers: { 'x-got': 'm' } });
    expect(answer.text === body).toBe(true);
  });

  it('holds back a body that its reader does not take', async () => {
    const total = 24 * 1024 * 1024;
    const { asker, holder } = await startTwo((_request, response) => {
      response.end(Buffer.alloc(total, 'd'));
    }, version);
    const response = await open(asker, `${SOCKETS}/${CLUSTER_ID}/proxy/direct/big`);
    await once(response, 'readable');
    await poll(() => asker.registry.snapshot().length).toBe(0);
    const held = holder.registry.pick(CLUSTER_ID)!.bufferedBytes;
    expect(held).toBeLessThan(8 * 1024 * 1024);
    let got = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) got += chunk.length;
    expect(got).toBe(total);
  });

  it('passes an upgrade on', async () => {
    const installation = await startInstallation();
    const caPem = childPki.ca.certPem;
    const child = await startChild(
      childPki,
      (_request, response) => response.end(),
      (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
        socket.pipe(socket);
      },
    );
    const [holder, asker] = [
      await installation.startReplica(child, caPem),
      await installation.startReplica(child, caPem),
    ];
    await joinAgent(holder, child, caPem, version);
    await expectForwarding(asker);
    const asked = request(`${asker.url}${SOCKETS}/${CLUSTER_ID}/proxy/direct/exec`, {
      ca: asker.caPem,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
      agent: false,
    });
    asked.end();
    const [, socket] = (await once(asked, 'upgrade')) as [unknown, Socket];
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    socket.destroy();
  });

  it('tells the asker that the caller left', async () => {
    let isClosed = false;
    const { asker } = await startTwo((_request, response) => {
      response.write('first');
      response.on('close', () => (isClosed = true));
    }, version);
    const response = await open(asker, `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api/v1/pods?watch=true`);
    await once(response, 'data');
    response.destroy();
    await poll(() => isClosed).toBe(true);
  });

  it('tells why the target cannot be reached', async () => {
    const { asker, installation } = await startTwo(undefined, version);
    expect(installation.leases()).toHaveLength(2);
    const answer = await visit(asker, '/ok');
    expect(answer.status).toBe(200);
    const refused = await call(asker, `${SOCKETS}/${CLUSTER_ID}/proxy/http/127.0.0.1:1/`);
    expect(refused).toMatchObject({ status: 503, text: expect.stringContaining('hub → hub') as string });
    expect(refused.text).toContain('not allowed');
  });
});

describe('a set of replicas', () => {
  it('B S-27: the newest session wins over all of them', async () => {
    const installation = await startInstallation();
    const caPem = childPki.ca.certPem;
    const [old, fresh] = [await startNamed('old'), await startNamed('fresh')];
    const [a, b] = [
      await installation.startReplica(old, caPem),
      await installation.startReplica(fresh, caPem),
    ];
    await joinAgent(a, old, caPem);
    await expectForwarding(b);
    const second = await joinAgent(b, fresh, caPem);
    await expectForwarding(a);
    expect((await visit(a, '/')).text).toBe('fresh GET /');
    expect((await visit(b, '/')).text).toBe('fresh GET /');
    await second.close();
    await poll(async () => (await visit(b, '/')).text).toBe('old GET /');
    expect((await visit(a, '/')).text).toBe('old GET /');
  });

  it('forwards no more than once: what comes from a peer goes to an agent here, or nowhere', async () => {
    const { installation, asker, child, caPem } = await startTwo();
    const third = await installation.startReplica(child, caPem);
    await expectForwarding(third);
    // `asker` knows the way, but is not to be asked for it by another hub.
    const client = installation.startClient();
    await expectForwarding({ peers: client });
    expect(client.remote.candidate(CLUSTER_ID)?.session.hop).not.toContain(asker.peers.id);
    expect((await visit(third, '/once')).text).toBe('child GET /once');
  });

  it('B S-29: a hub that stops is forgotten at once, by Lease and by link', async () => {
    const { installation, holder, asker } = await startTwo();
    const { id } = holder.peers;
    await holder.stop();
    expect(installation.leases().map(({ metadata }) => metadata.name)).toEqual([
      PEER_LEASE_PREFIX + asker.peers.id,
    ]);
    await poll(() => asker.peers.remote.candidate(CLUSTER_ID)).toBeUndefined();
    expect(asker.peers.remote.get(CLUSTER_ID)).toMatchObject({ reason: 'Disconnected' });
    await poll(() => asker.peers.snapshot().filter(({ peer }) => peer === id)).toEqual([]);
    expect((await visit(asker, '/')).status).toBe(400);
  });

  it('keeps keys in the Secret alone, and shows no token while there are only hubs of ours', async () => {
    const { installation } = await startTwo();
    const [, secret] = installation.api.store.list('/api/v1/')[0] ?? [];
    expect(secret?.metadata.name).toBe(PEER_SECRET);
    expect(Object.keys((secret as unknown as { data: object }).data).sort()).toEqual([
      'ca.crt',
      'ca.key',
      'token',
    ]);
    for (const { spec } of installation.leases()) {
      expect(Object.keys(JSON.parse(spec?.holderIdentity ?? '') as object)).toEqual([
        'identity',
        'id',
        'host',
        'port',
        'clusternet',
      ]);
    }
  });

  it('deletes the Lease of a dead hub, and leaves one alone that is renewed', async () => {
    const { installation } = await startTwo();
    const put = (id: string): void => {
      const name = PEER_LEASE_PREFIX + id;
      installation.api.store.put(`${LEASES}/${name}`, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: 'clusternet-system', name },
        spec: {
          holderIdentity: JSON.stringify({ identity: 'x', id, host: '127.0.0.1', port: 1, token: 'Cheugy' }),
          leaseDurationSeconds: 1,
          renewTime: '2020-01-01T00:00:00.000000Z', // whoever renews it has a clock of its own
        },
      });
    };
    put('ddddd');
    put('rrrrr');
    const renewing = setInterval(() => put('rrrrr'), 200);
    onTestFinished(() => clearInterval(renewing));
    const names = (): string[] => installation.leases().map(({ metadata }) => metadata.name ?? '');
    await poll(names).not.toContain(`${PEER_LEASE_PREFIX}ddddd`);
    expect(names()).toContain(`${PEER_LEASE_PREFIX}rrrrr`);
  });

  it('B S-08, S-09: a peer that reads nothing holds up nobody, and is told what is true in the end', async () => {
    const { installation, holder, asker, child, caPem } = await startTwo();
    const token = Buffer.from(
      (installation.api.store.list('/api/v1/')[0]?.[1] as unknown as { data: { token: string } }).data.token,
      'base64',
    ).toString();
    const record = JSON.parse(
      installation.leases().find(({ metadata }) => metadata.name?.endsWith(holder.peers.id))?.spec
        ?.holderIdentity ?? '',
    ) as { port: number };
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const stuck = await dialTunnel(
      { clock: systemClock, log: silentLogger, onStream: (stream) => stream.destroy() },
      {
        parentUrl: `https://127.0.0.1:${record.port}`,
        path: '/connect',
        clusterId: 'x',
        insecureSkipVerify: true,
        headers: { 'x-api-tunnel-id': 'stuck', 'x-api-tunnel-token': token, 'x-clusternet-peer': 'client' },
      },
      {},
      stop.signal,
    );
    const stream = stuck.request(
      { kind: 'request', target: 'hub', method: 'GET', path: '/tunnels', fields: [] },
      { isEnd: true },
    );
    stream.bind({ onReadable: () => {}, onDrain: () => {}, onClose: () => {} });
    // Many changes: each session that comes or goes is one.
    for (let round = 0; round < 200; round += 1) {
      const agent = await dialTunnel(
        { clock: systemClock, log: silentLogger, onStream: (raw) => raw.destroy() },
        { parentUrl: holder.url, clusterId: `c-${round}-${'x'.repeat(150)}`, caPem: holder.caPem },
        {},
        stop.signal,
      );
      if (round % 2 === 0) await agent.close();
    }
    await joinAgent(holder, child, caPem);
    expect((await visit(asker, '/still')).status).toBe(200);
    expect(stream.bufferedBytes).toBeLessThan(512 * 1024);
    let text = '';
    for (let bytes = stream.read(); bytes !== undefined; bytes = stream.read())
      text += Buffer.from(bytes).toString();
    expect(text).toContain('"synced"');
  }, 30_000);
});

describe('a process with controllers only', () => {
  it('knows tunnels that hubs hold, and reaches children through them', async () => {
    const { installation, holder, agent, child, caPem } = await startTwo();
    const client = installation.startClient();
    expect(client.isBlind).toBe(true);
    await expectForwarding({ peers: client });
    await poll(() => client.isBlind).toBe(false);
    expect(installation.leases()).toHaveLength(2); // it has none
    const session = client.remote.candidate(CLUSTER_ID)!.session;
    const [target] = holder.registry.pick(CLUSTER_ID)!.targets;
    expect(session.targets).toEqual([target]);
    const dialer = createChildDialer(joinRegistries(undefined, client.remote));
    expect(dialer.isConnected(CLUSTER_ID)).toBe(true);
    const stream = await dialer.dial(CLUSTER_ID, '127.0.0.1', Number(child.address.split(':')[1]));
    const secured = connect({ socket: stream, host: '127.0.0.1', ca: caPem });
    await once(secured, 'secureConnect');
    secured.end('GET /pushed HTTP/1.1\r\nHost: child\r\nConnection: close\r\n\r\n');
    let answer = '';
    for await (const chunk of secured as AsyncIterable<Buffer>) answer += chunk.toString();
    expect(answer).toContain('child GET /pushed');
    await agent.close();
    await poll(() => client.remote.get(CLUSTER_ID)?.reason).toBe('Disconnected');
    expect(session.isClosed).toBe(true);
  });
});

describe('a hub that stops', () => {
  it('sends its agents on, ends watches in order, and drops no request', async () => {
    const installation = await startInstallation();
    const caPem = childPki.ca.certPem;
    const watches: ServerResponse[] = [];
    const child = await startNamed('child', (request, response) => {
      if (request.url?.includes('watch') === true) {
        watches.push(response);
        response.write('{"type":"ADDED"}\n');
      } else setTimeout(() => response.end('ok'), 20);
    });
    const [a, b] = [
      await installation.startReplica(child, caPem),
      await installation.startReplica(child, caPem),
    ];
    // An agent that dials through a balancer: where it ends up is not for it to say.
    const hubs = [a, b];
    const isUp = new Set(hubs);
    let dials = 0;
    const stop = new AbortController();
    const requests = createRequestServer({
      connection: { server: child.url, caPem },
      clock: systemClock,
      log: silentLogger,
    });
    const deps = { clock: systemClock, random: systemRandom, log: silentLogger };
    const policy = createDialPolicy(() => [child.address], 'agent');
    const running = runTunnel(
      {
        ...deps,
        dial: (signal) => {
          const hub = dials === 0 ? a : hubs[dials % 2]!;
          dials += 1;
          return dialTunnel(
            { ...deps, onStream: createStreamServer({ ...deps, policy, dial: dialTcp }, signal), requests },
            { parentUrl: hub.url, clusterId: CLUSTER_ID, caPem: hub.caPem },
            {},
            signal,
          );
        },
      },
      { stableAfterMs: 0 },
      stop.signal,
    );
    onTestFinished(async () => {
      stop.abort();
      await running;
      await requests[Symbol.asyncDispose]();
    });
    await expectForwarding(b);
    const watch = await open(b, `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api/v1/pods?watch=true`);
    let watched = '';
    const watchEnd = new Promise<string>((resolve) => {
      watch.on('data', (chunk: Buffer) => (watched += chunk.toString()));
      watch.once('end', () => resolve('end'));
      watch.once('error', () => resolve('error'));
    });
    await poll(() => watches.length).toBe(1);

    const answers = new Map<string, number>();
    let isOver = false;
    const load = async (offset: number): Promise<void> => {
      for (let turn = offset; !isOver; turn += 1) {
        const up = [...isUp];
        const answer = await visit(
          up[turn % up.length]!,
          `/n/${turn}`,
          turn % 3 === 0 ? { method: 'POST', body: 'b'.repeat(50_000) } : {},
        ).catch((error: unknown) => ({
          status: String(error),
          text: '',
        }));
        const key = answer.status === 200 ? 'ok' : `${answer.status} ${answer.text}`;
        answers.set(key, (answers.get(key) ?? 0) + 1);
      }
    };
    const loads = [load(0), load(1), load(2), load(3)];
    await poll(() => answers.get('ok') ?? 0).toBeGreaterThan(20);
    // Callers are told by `/readyz`, which takes a while.
    setTimeout(() => isUp.delete(a), 250);
    await a.stop();
    const before = answers.get('ok') ?? 0;
    await poll(() => answers.get('ok') ?? 0).toBeGreaterThan(before + 20);
    isOver = true;
    await Promise.all(loads);
    expect([...answers.keys()]).toEqual(['ok']);
    expect(await watchEnd).toBe('end');
    expect(watched).toBe('{"type":"ADDED"}\n');
    expect(b.registry.get(CLUSTER_ID).connected).toBe(true);
  }, 30_000);
});
