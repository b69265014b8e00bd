import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { silentLogger, systemClock } from '@clusternet/runtime';
import { createDialPolicy, createStreamServer, dialTcp, dialTunnel } from '@clusternet/tunnel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestPki, startChild } from '../aggregated/loopback.fixture.ts';
import {
  CLUSTER_ID,
  LEASES,
  expectForwarding,
  joinAgent,
  poll,
  startInstallation,
  visit,
} from './installation.fixture.ts';
import { PEER_LEASE_PREFIX } from './peer-record.ts';

/** The program built from `packages/tunnel/interop/go-peer`; without it these tests are skipped. */
const program = env['CLUSTERNET_GO_TUNNEL_PEER'];
const GO = { id: 'ggggg', token: 'Cheugy' };

/** A Go hub with TLS of its own, as Go hubs have it. @returns its port */
async function startGoHub(pem: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-go-hub-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tls.pem');
  writeFileSync(file, pem);
  const child = spawn(program ?? '', ['hub', '127.0.0.1:0', file, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PEER_ID: GO.id, PEER_TOKEN: GO.token },
  });
  onTestFinished(() => void child.kill());
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(line.toString().trim().split(':').at(-1));
}

async function get(port: number, path: string): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  return text;
}

describe.skipIf(program === undefined)('a replica of ours beside one of Go', () => {
  it('each serves what the other holds; tokens are in the Leases for as long', async () => {
    const installation = await startInstallation();
    const pki = await createTestPki('child');
    const caPem = pki.ca.certPem;
    const child = await startChild(pki, (_request, response) => response.end('hello from the child'));
    const ours = await installation.startReplica(child, caPem);
    await poll(() => installation.leases().length).toBe(1);
    const record = () =>
      JSON.parse(installation.leases()[0]?.spec?.holderIdentity ?? '{}') as {
        id: string;
        port: number;
        token?: string;
      };
    expect(record().token).toBeUndefined();

    const port = await startGoHub(installation.pki.server.certPem + installation.pki.server.keyPem);
    const name = PEER_LEASE_PREFIX + GO.id;
    const renew = (): void => {
      installation.api.store.put(`${LEASES}/${name}`, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: 'clusternet-system', name },
        spec: {
          holderIdentity: JSON.stringify({ identity: 'go', ...GO, host: '127.0.0.1', port }),
          leaseDurationSeconds: 15,
          renewTime: new Date().toISOString().replace('Z', '000Z'),
        },
      });
    };
    renew();
    const own = () =>
      installation.leases().find(({ metadata }) => metadata.name !== name)?.spec?.holderIdentity ?? '{}';
    await poll(() => (JSON.parse(own()) as { token?: string }).token).toMatch(/^[0-9a-f]{64}$/);
    const { id, token, port: ownPort } = JSON.parse(own()) as { id: string; token: string; port: number };
    await get(port, `/peer/${id}/${token}/127.0.0.1:${ownPort}`); // what its watch of Leases does

    // An agent of ours, reached through the Go hub. Go waits 5 s before it dials again, we do not.
    const agent = await joinAgent(ours, child, caPem);
    await poll(() => get(port, `/has/${CLUSTER_ID}`)).toBe('true');
    expect(await get(port, `/raw/${CLUSTER_ID}/127.0.0.1:1`)).toContain('not allowed');
    await agent.close();
    await poll(() => get(port, `/has/${CLUSTER_ID}`)).toBe('false');

    // An agent at the Go hub, reached through ours.
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const deps = { clock: systemClock, log: silentLogger };
    const policy = createDialPolicy(() => [child.address], 'agent');
    await dialTunnel(
      { ...deps, onStream: createStreamServer({ ...deps, policy, dial: dialTcp }, stop.signal) },
      { parentUrl: `https://127.0.0.1:${port}`, clusterId: CLUSTER_ID, insecureSkipVerify: true },
      {},
      stop.signal,
    );
    await expectForwarding(ours);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await visit(ours, '/hello')).toMatchObject({ status: 200, text: 'hello from the child' });
    }
    installation.api.store.remove(`${LEASES}/${name}`);
    await poll(() => (JSON.parse(own()) as { token?: string }).token).toBeUndefined();
    await poll(() => ours.peers.remote.candidate(CLUSTER_ID)).toBeUndefined();
  }, 60_000);
});
