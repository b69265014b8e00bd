import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@clusternet/runtime';
import { createFakeRandom } from '@clusternet/runtime/fakes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlaygroundError } from '../errors.ts';
import { callControl } from './call-control.ts';
import type { ControlRoutes } from './control-routes.ts';
import { PROTOCOL } from './run-file.ts';
import type { RunFile } from './run-file.ts';
import { startControlServer } from './start-control-server.ts';

const secret = Buffer.from(createFakeRandom().bytes(24)).toString('hex');

describe('the control port', () => {
  const stack = new AsyncDisposableStack();
  const asked: unknown[] = [];
  let run: RunFile;
  beforeAll(async () => {
    const routes: ControlRoutes = (method, path, body) => {
      asked.push([method, path, body]);
      if (path === '/unknown') throw new PlaygroundError('UNKNOWN_CLUSTER', 'there is none');
      return Promise.resolve({ path });
    };
    const server = stack.use(await startControlServer({ secret, routes, clock: systemClock }));
    run = { protocol: PROTOCOL, pid: 7, port: server.port, secret, clusters: [] };
  });
  afterAll(() => stack.disposeAsync());

  it('carries orders and answers', async () => {
    expect(await callControl(run, { method: 'POST', path: '/x', body: { a: 'ü' } })).toEqual({ path: '/x' });
    expect(asked.at(-1)).toEqual(['POST', '/x', { a: 'ü' }]);
  });

  it('carries mistakes', async () => {
    await expect(callControl(run, { method: 'GET', path: '/unknown' })).rejects.toMatchObject({
      code: 'UNKNOWN_CLUSTER',
      message: 'there is none',
    });
  });

  it.each([
    { why: 'without a signature', headers: {} },
    {
      why: 'with one that is wrong',
      headers: { 'x-playground-nonce': 'n', 'x-playground-signature': 'f'.repeat(64) },
    },
  ])('does nothing for strangers: $why', async ({ headers }) => {
    const before = asked.length;
    const code = await new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: run.port, path: '/down', method: 'POST', headers });
      outgoing.on('response', (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      });
      outgoing.on('error', reject);
      outgoing.end('{}');
    });
    expect([code, asked.length]).toEqual([401, before]);
  });

  it('does not believe whoever has another secret', async () => {
    const other = { ...run, secret: 'other' };
    await expect(callControl(other, { method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'NOT_RUNNING',
    });
  });

  it('refuses to speak another version', async () => {
    await expect(callControl({ ...run, protocol: 0 }, { method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'UNRESPONSIVE',
      message: expect.stringContaining('started by another version'),
    });
  });

  it('gives up on one that does not answer', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await expect(
      callControl({ ...run, port }, { method: 'GET', path: '/x', timeoutMs: 20 }),
    ).rejects.toMatchObject({
      code: 'UNRESPONSIVE',
      message: 'the playground (process 7) has not answered for 0.02 s',
    });
    silent.closeAllConnections();
    silent.close();
    await expect(callControl({ ...run, port }, { method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'NOT_RUNNING',
    });
  });
});
