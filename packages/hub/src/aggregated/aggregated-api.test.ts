import { once } from 'node:events';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { issueCertificate } from '@clusternet/pki';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CLUSTER_ID,
  SOCKETS,
  call,
  createTestPki,
  open,
  startAgent,
  startChild,
  startHub,
} from './loopback.fixture.ts';
import type { Child, Hub, TestPki, Way } from './loopback.fixture.ts';

const DIRECT = `${SOCKETS}/${CLUSTER_ID}/proxy/direct`;
const TOKEN = { 'x-remote-extra-clusternet-token': 'child-token' };

let parentPki: TestPki;
let childPki: TestPki;
beforeAll(async () => {
  [parentPki, childPki] = await Promise.all([createTestPki('parent'), createTestPki('child')]);
});

/** Who performs requests, and over which version of the tunnel. */
const WAYS = ['version 1', 'raw streams of version 2', 'requests of version 2'] as const;

function planWay(way: (typeof WAYS)[number], child: Child): Way {
  if (way === 'version 1') return { maxVersion: 1 };
  const apiServer = { server: child.url, caPem: childPki.ca.certPem };
  return way === 'raw streams of version 2' ? {} : { apiServer };
}

/** A hub, an agent and a child that are wired together. */
async function wireUp(
  way: (typeof WAYS)[number],
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade?: Parameters<typeof startChild>[2],
): Promise<{ hub: Hub; child: Child }> {
  const child = await startChild(childPki, serve, upgrade);
  const hub = await startHub(parentPki, (id) =>
    id === CLUSTER_ID
      ? { apiserverUrl: child.url, caPem: childPki.ca.certPem, useSocket: true, namespace: 'clusternet-x' }
      : undefined,
  );
  await startAgent(hub, [child.address], {}, planWay(way, child));
  return { hub, child };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function getClientName(socket: Socket): string | undefined {
  const { subject } = ('getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : {}) as {
    subject?: { CN?: string };
  };
  return subject?.CN;
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  void readBody(request).then((body) => {
    const { method, url, headers } = request;
    const certificate = getClientName(request.socket);
    response.setHeader('x-child', 'yes');
    response.end(JSON.stringify({ method, url, headers, body, certificate }));
  });
};

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  certificate?: string;
}

/** Streams that are open in the tunnels of a hub. */
async function countStreams(hub: Hub): Promise<number> {
  const { text } = await call(hub, '/metrics');
  return Number(/^clusternet_tunnel_streams\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? -1);
}

describe('--tunnel-end-to-end', () => {
  it.each([
    { why: 'has the hub speak TLS to the child itself', isEndToEnd: true, streams: 1 },
    { why: 'is off unless told: the agent performs requests', isEndToEnd: false, streams: 0 },
  ])('$why', async ({ isEndToEnd, streams }) => {
    const child = await startChild(childPki, echo);
    const target = {
      apiserverUrl: child.url,
      caPem: childPki.ca.certPem,
      useSocket: true,
      namespace: 'clusternet-x',
    };
    const hub = await startHub(parentPki, () => target, { isEndToEnd });
    await startAgent(hub, [child.address], {}, planWay('requests of version 2', child));
    const { status } = await call(hub, `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api`);
    expect(status).toBe(200);
    // A raw stream is kept for the next request; a request is over with its answer.
    expect(await countStreams(hub)).toBe(streams);
  });
});

describe('the aggregated API', () => {
  it('shows the group as the Go hub does', async () => {
    const hub = await startHub(parentPki, () => undefined);
    const list = JSON.parse((await call(hub, '/apis/proxies.clusternet.io/v1alpha1')).text) as unknown;
    expect(list).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'proxies.clusternet.io/v1alpha1',
      resources: [
        {
          name: 'sockets',
          singularName: 'socket',
          namespaced: false,
          kind: 'Socket',
          verbs: ['create', 'delete', 'get', 'patch', 'update'],
          shortNames: ['ss'],
          categories: ['clusternet'],
        },
        {
          name: 'sockets/proxy',
          singularName: '',
          namespaced: false,
          kind: 'Socket',
          verbs: ['create', 'delete', 'get', 'patch', 'update'],
        },
      ],
    });
    expect((await call(hub, '/apis')).text).toContain('"proxies.clusternet.io"');
  });

  it('answers health, version and metrics, and the rest as a kube-apiserver does', async () => {
    const hub = await startHub(parentPki, () => undefined);
    const paths = [
      '/healthz',
      '/readyz',
      '/livez',
      '/version',
      '/metrics',
      '/nothing',
      SOCKETS,
      `${SOCKETS}/x`,
      `${SOCKETS}/x/y`,
    ];
    const answers = await Promise.all(paths.map((path) => call(hub, path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404, 404, 400, 404]);
    expect(answers[3]?.text).toContain('v1.2.3');
    expect(answers[5]?.text).toBe('404 page not found\n');
    expect(answers.slice(6).every(({ text }) => text.includes('"kind":"Status"'))).toBe(true);
  });

  it('asks before it opens anything', async () => {
    const { hub } = await wireUp('version 1', echo);
    const answer = await call(hub, `${DIRECT}/api`, { headers: { authorization: 'Bearer nobody' } });
    expect([answer.status, answer.text]).toEqual([
      403,
      expect.stringContaining('cannot get resource \\"sockets/proxy\\"'),
    ]);
    await expect(startAgent(hub, [], { token: 'nobody' })).rejects.toMatchObject({ code: 'REJECTED' });
  });

  it('verifies the parent on the way in', async () => {
    const hub = await startHub(parentPki, () => undefined);
    const attempt = startAgent(hub, [], { caPem: childPki.ca.certPem });
    await expect(attempt).rejects.toMatchObject({ code: 'UNTRUSTED_CERTIFICATE' });
  });

  it('refuses everything on sockets while the feature gate is off', async () => {
    const hub = await startHub(parentPki, () => undefined, { isSocketConnectionEnabled: () => false });
    const answer = await call(hub, `${DIRECT}/api`);
    expect([answer.status, answer.text]).toEqual([
      503,
      expect.stringContaining('featuregate SocketConnection'),
    ]);
  });
});

describe.each(WAYS)('the proxy over %s', (way) => {
  const wire = (
    serve: (request: IncomingMessage, response: ServerResponse) => void,
    upgrade?: Parameters<typeof startChild>[2],
  ) => wireUp(way, serve, upgrade);

  it('gets, lists, creates, patches and deletes in the child', async () => {
    const objects = new Map<string, string>();
    const { hub, child } = await wire((request, response) => {
      void readBody(request).then((body) => {
        const [, name = ''] = /configmaps\/?(.*)$/.exec(request.url ?? '') ?? [];
        if (request.method === 'POST') objects.set('a', body);
        if (request.method === 'PATCH') objects.set(name, `${objects.get(name) ?? ''}+${body}`);
        if (request.method === 'DELETE') objects.delete(name);
        response.statusCode = request.method === 'POST' ? 201 : objects.has(name) || name === '' ? 200 : 404;
        response.end(name === '' ? [...objects.values()].join() : (objects.get(name) ?? 'gone'));
      });
    });
    const path = `${DIRECT}/api/v1/namespaces/x/configmaps`;
    const got: [number, string][] = [];
    for (const [method, name, body] of [
      ['POST', '', 'one'],
      ['GET', '/a', undefined],
      ['PATCH', '/a', 'two'],
      ['GET', '', undefined],
      ['DELETE', '/a', '{}'],
      ['GET', '/a', undefined],
    ] as const) {
      const { status, text } = await call(hub, path + name, {
        method,
        headers: TOKEN,
        ...(body === undefined ? {} : { body }),
      });
      got.push([status, text]);
    }
    expect(got).toEqual([
      [201, 'one'],
      [200, 'one'],
      [200, 'one+two'],
      [200, 'one+two'],
      [404, 'gone'],
      [404, 'gone'],
    ]);
    expect(child.connections()).toBe(1);
  });

  it('forwards path, query and headers by the rules', async () => {
    const { hub } = await wire(echo);
    const answer = await call(hub, `${DIRECT}/api/v1/a%2Fb?q=%2F&dryRun=All`, {
      headers: {
        ...TOKEN,
        authorization: 'Bearer parent-token',
        'x-remote-extra-clusternet-impersonate-user': 'jane',
        'x-remote-extra-clusternet-impersonate-group': ['dev', 'ops'],
        'audit-id': 'a-1',
        'x-forwarded-for': '1.2.3.4',
      },
    });
    const seen = JSON.parse(answer.text) as Echo;
    expect([seen.method, seen.url]).toEqual(['GET', '/api/v1/a%2Fb?q=%2F&dryRun=All']);
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer child-token',
      'impersonate-user': 'jane',
      'impersonate-group': 'dev, ops',
      'audit-id': 'a-1',
      'x-forwarded-for': '1.2.3.4, 127.0.0.1',
    });
    expect(Object.keys(seen.headers).some((name) => name.startsWith('x-remote-'))).toBe(false);
    expect(answer.headers['x-child']).toBe('yes');
  });

  it('sends nobody on as anonymous', async () => {
    const { hub } = await wire(echo);
    const seen = JSON.parse(
      (await call(hub, `${DIRECT}/version`, { headers: { authorization: 'Bearer p' } })).text,
    ) as Echo;
    expect(seen.headers).not.toHaveProperty('authorization');
  });

  it('presents a client certificate, on connections of its own', async () => {
    const { hub, child } = await wire(echo);
    const pair = await issueCertificate(childPki.ca, { commonName: 'jane', usage: 'client' });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const headers = {
      'x-remote-extra-clusternet-certificate': base64(pair.certPem),
      'x-remote-extra-clusternet-privatekey': base64(pair.keyPem),
    };
    const certificates: unknown[] = [];
    for (const given of [headers, TOKEN, headers]) {
      certificates.push(
        (JSON.parse((await call(hub, `${DIRECT}/version`, { headers: given })).text) as Echo).certificate,
      );
    }
    expect(certificates).toEqual(['jane', undefined, 'jane']);
    expect(child.connections()).toBe(2);
    const bad = await call(hub, `${DIRECT}/version`, {
      headers: { ...headers, 'x-remote-extra-clusternet-privatekey': 'AAAA' },
    });
    expect([bad.status, bad.text]).toEqual([400, expect.stringContaining('invalid private key')]);
  });

  it('streams a watch as it happens and tells the child when the client leaves', async () => {
    const left = Promise.withResolvers<undefined>();
    const events: ServerResponse[] = [];
    const { hub } = await wire((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      response.on('close', () => left.resolve(undefined));
      events.push(response);
    });
    const watch = await open(hub, `${DIRECT}/api/v1/pods?watch=true`, { headers: TOKEN });
    expect(watch.statusCode).toBe(200);
    for (const name of ['one', 'two']) {
      events[0]!.write(name);
      const [chunk] = (await once(watch, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(name);
    }
    watch.destroy();
    await left.promise;
  });

  it('breaks off an answer that the child breaks off', async () => {
    const { hub } = await wire((_request, response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    });
    await expect(call(hub, `${DIRECT}/x`, { headers: TOKEN })).rejects.toThrow('aborted');
  });

  it('streams bodies both ways, held back by the slower side', async () => {
    const size = 24 * 1024 * 1024;
    const { hub } = await wire((request, response) => request.pipe(response));
    const request = httpsRequest(`${hub.url}${DIRECT}/echo`, {
      ca: hub.caPem,
      method: 'POST',
      headers: TOKEN,
      agent: false,
    });
    const block = Buffer.alloc(1024 * 1024, 'b');
    let sent = 0;
    const push = (): void => {
      while (sent < size) {
        sent += block.length;
        if (!request.write(block)) {
          request.once('drain', push);
          return;
        }
      }
      request.end();
    };
    push();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let got = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) got += chunk.length;
    expect(got).toBe(size);
  });

  it('serves HTTP/2 callers, as kube-apiserver is one', async () => {
    const { hub } = await wire(echo);
    const client = connect(hub.url, { ca: hub.caPem });
    const ask = async (method: string, body?: string): Promise<Echo> => {
      const stream = client.request({ ':method': method, ':path': `${DIRECT}/x`, ...TOKEN });
      stream.end(body);
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
      return JSON.parse(Buffer.concat(chunks).toString()) as Echo;
    };
    expect((await ask('GET')).headers).not.toHaveProperty('transfer-encoding');
    expect(await ask('PUT', 'body')).toMatchObject({ method: 'PUT', body: 'body' });
    client.close();
  });

  it('passes upgrades through as raw bytes, both ways', async () => {
    const { hub } = await wire(echo, (request, socket, head) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Auth: ${request.headers.authorization ?? ''}\r\n\r\nfirst`,
      );
      if (head.length > 0) socket.write(head);
      socket.pipe(socket);
    });
    const headers = { ...TOKEN, connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    const request = httpsRequest(`${hub.url}${DIRECT}/exec`, {
      ca: hub.caPem,
      method: 'POST',
      headers,
      agent: false,
    });
    request.end();
    const [response, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, TLSSocket, Buffer];
    expect([response.statusCode, response.headers['x-auth']]).toEqual([101, 'Bearer child-token']);
    let text = head.toString();
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await expect.poll(() => text).toBe('first');
    socket.write(' and second');
    await expect.poll(() => text).toBe('first and second');
    socket.end();
    await once(socket, 'close');
  });

  it('loses nothing of an upgrade that the child ends while its caller reads slowly and still talks', async () => {
    const sent = Buffer.alloc(6_000_000, 'x');
    const { hub } = await wire(echo, (_request, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
      socket.resume();
      socket.end(sent);
    });
    const headers = { ...TOKEN, connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    const request = httpsRequest(`${hub.url}${DIRECT}/cp`, { ca: hub.caPem, headers, agent: false });
    request.end();
    const [, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, TLSSocket, Buffer];
    socket.on('error', () => {});
    let received = head.length;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (!socket.writableEnded) socket.write('still here');
      await new Promise(setImmediate);
    }
    expect(received).toBe(sent.length);
    await expect.poll(() => countStreams(hub)).toBe(0);
  });

  it.each([
    { why: 'a refusal as it is', status: '403 Forbidden', want: [403, 'no'] },
    {
      why: 'any other answer as an error',
      status: '200 OK',
      want: [500, expect.stringContaining('invalid upgrade response: status code 200')],
    },
  ])('gives the caller of an upgrade $why', async ({ status, want }) => {
    const { hub } = await wire(echo, (_request, socket) => {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`);
    });
    const headers = { ...TOKEN, connection: 'Upgrade', upgrade: 'websocket' };
    const answer = await call(hub, `${DIRECT}/exec`, { headers });
    expect([answer.status, answer.text]).toEqual(want);
  });

  it('reaches other hosts of the child through the scheme form, where the agent lets it', async () => {
    const { hub, child } = await wire(echo);
    const base = `${SOCKETS}/${CLUSTER_ID}/proxy`;
    const seen = JSON.parse((await call(hub, `${base}/https/${child.address}/healthz`)).text) as Echo;
    expect([seen.url, seen.headers['host']]).toEqual(['/healthz', child.address]);
    const refused = await call(hub, `${base}/http/169.254.169.254/latest`);
    expect(refused.status).toBe(503);
    expect(refused.text).toMatch(
      /hub → agent .* → 169\.254\.169\.254:80: dial tcp .* not allowed by the dial policy/,
    );
  });

  it('requests fail fast when the tunnel goes down, and work through the next one', async () => {
    const child = await startChild(childPki, (request, response) => {
      if (request.url === '/hang') return;
      response.end('ok');
    });
    const caPem = childPki.ca.certPem;
    const known = { apiserverUrl: child.url, caPem, useSocket: true, namespace: 'clusternet-x' };
    const hub = await startHub(parentPki, () => known);
    const agent = await startAgent(hub, [child.address], {}, planWay(way, child));
    const hanging = call(hub, `${DIRECT}/hang`, { method: 'POST', headers: TOKEN });
    await expect.poll(() => child.connections()).toBe(1);
    await agent.close();
    const failed = await hanging;
    expect(failed.status).toBe(503);
    await startAgent(hub, [child.address], {}, planWay(way, child));
    expect((await call(hub, `${DIRECT}/x`, { headers: TOKEN })).text).toBe('ok');
  });

  it('a read is sent again when the child closed the kept connection', async () => {
    let count = 0;
    const { hub } = await wire((request, response) => {
      count += 1;
      if (count === 2) request.socket.destroy();
      else response.end(String(count));
    });
    expect((await call(hub, `${DIRECT}/x`, { headers: TOKEN })).text).toBe('1');
    expect((await call(hub, `${DIRECT}/x`, { headers: TOKEN })).text).toBe('3');
    count = 1;
    expect((await call(hub, `${DIRECT}/x`, { method: 'POST', headers: TOKEN })).status).toBe(503);
  });

  it('ends an upload that the child does not want to read', async () => {
    const { hub } = await wire((_request, response) => {
      response.statusCode = 413;
      response.end('too large');
    });
    const request = httpsRequest(`${hub.url}${DIRECT}/x`, {
      ca: hub.caPem,
      method: 'POST',
      headers: TOKEN,
      agent: false,
    });
    request.on('error', () => {});
    const timer = setInterval(() => request.write(Buffer.alloc(64 * 1024)), 1);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(await readBody(response)).toBe('too large');
    clearInterval(timer);
    request.destroy();
    const session = hub.registry.pick(CLUSTER_ID);
    if (way === 'requests of version 2') await expect.poll(() => session?.streams).toBe(0);
  });

  it('carries trailers', async () => {
    const { hub } = await wire((_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const response = await open(hub, `${DIRECT}/x`, { headers: TOKEN });
    expect(await readBody(response)).toBe('body');
    expect(response.trailers).toEqual({ 'x-sum': '42' });
  });

  it('tells the child when the caller of a request that it does not answer leaves', async () => {
    const left = Promise.withResolvers<undefined>();
    const arrived = Promise.withResolvers<undefined>();
    const { hub } = await wire((_request, response) => {
      response.on('close', () => left.resolve(undefined));
      arrived.resolve(undefined);
    });
    const request = httpsRequest(`${hub.url}${DIRECT}/hang`, { ca: hub.caPem, headers: TOKEN, agent: false });
    request.on('error', () => {});
    request.end();
    await arrived.promise;
    request.destroy();
    await left.promise;
  });

  it('shows its tunnels: as metrics, and live to whoever may see them', async () => {
    const { hub } = await wire(echo);
    await call(hub, `${DIRECT}/x`, { headers: TOKEN });
    const version = way === 'version 1' ? 1 : 2;
    const leg = way === 'version 1' ? 'websocket' : 'upgrade';
    const { text } = await call(hub, '/metrics');
    expect(text).toContain(
      `clusternet_tunnel_sessions{cluster="${CLUSTER_ID}",version="${version}",leg="${leg}"} 1\n`,
    );
    expect(text).toMatch(new RegExp(`clusternet_tunnel_received_bytes_total.cluster="${CLUSTER_ID}". [1-9]`));
    const { tunnels } = JSON.parse((await call(hub, `/debug/tunnels?cluster=${CLUSTER_ID}`)).text) as {
      tunnels: { clusterId: string; sessions: object[] }[];
    };
    expect(tunnels).toMatchObject([
      { clusterId: CLUSTER_ID, sessions: [{ version, leg, state: 'live' }], total: { sessions: 1 } },
    ]);
    const denied = await call(hub, '/debug/tunnels', { headers: { authorization: 'Bearer nobody' } });
    expect(denied.status).toBe(403);
  });

  it('logs who did what where, and nothing secret; carries trace context', async () => {
    const { hub } = await wire(echo);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await call(hub, `${DIRECT}/api/v1/secrets?command=hunter2`, {
      headers: { ...TOKEN, authorization: 'Bearer jane', traceparent },
    });
    expect((JSON.parse(answer.text) as Echo).headers).toMatchObject({ traceparent });
    const line = hub.lines.find(({ message }) => message === 'proxied request');
    expect(line?.fields).toMatchObject({
      user: 'jane',
      cluster: CLUSTER_ID,
      method: 'GET',
      path: '/direct/api/v1/secrets',
      status: 200,
    });
    expect(JSON.stringify(hub.lines)).not.toMatch(/child-token|hunter2/);
  });
});

describe('when it does not work', () => {
  const target = (changes: object) => ({
    apiserverUrl: 'https://127.0.0.1:1',
    caPem: childPki.ca.certPem,
    useSocket: true,
    namespace: 'clusternet-x',
    ...changes,
  });

  it.each([
    {
      why: 'the cluster is unknown',
      given: undefined,
      isConnected: false,
      want: [400, `no cluster id is ${CLUSTER_ID}`],
    },
    {
      why: 'the agent is gone',
      given: {},
      isConnected: false,
      want: [400, `cannot proxy through cluster ${CLUSTER_ID}, whose agent is disconnected`],
    },
    {
      why: 'it keeps no tunnel',
      given: { useSocket: false },
      isConnected: false,
      want: [503, `failed to find Session for client ${CLUSTER_ID}`],
    },
    {
      why: 'its address is not known',
      given: { apiserverUrl: '' },
      isConnected: true,
      want: [503, `cannot retrieve valid apiserver url for cluster ${CLUSTER_ID}`],
    },
    {
      why: 'its CA is not known',
      given: { caPem: undefined },
      isConnected: true,
      want: [
        503,
        'the CA of the child is not known: Secret child-cluster-deployer in namespace clusternet-x',
      ],
    },
    { why: 'nobody listens there', given: {}, isConnected: true, want: [503, 'dial tcp 127.0.0.1:1: '] },
  ])('a Status says that $why', async ({ given, isConnected, want }) => {
    const hub = await startHub(parentPki, () => (given === undefined ? undefined : target(given)));
    if (isConnected) await startAgent(hub, ['127.0.0.1:1']);
    const answer = await call(hub, `${DIRECT}/version`, { headers: TOKEN });
    const status = JSON.parse(answer.text) as { kind: string; message: string };
    expect([answer.status, status.kind, status.message]).toEqual([
      want[0],
      'Status',
      expect.stringContaining(String(want[1])),
    ]);
  });

  it('a Status says that the certificate of the child is not trusted', async () => {
    const child = await startChild(childPki, echo);
    const hub = await startHub(parentPki, () =>
      target({ apiserverUrl: child.url, caPem: parentPki.ca.certPem }),
    );
    await startAgent(hub, [child.address]);
    const answer = await call(hub, `${DIRECT}/version`, { headers: TOKEN });
    expect([answer.status, answer.text]).toEqual([
      503,
      expect.stringContaining(`${child.url}: the certificate of the target is not trusted`),
    ]);
  });
});
