import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { env } from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAll, startAgent, startHub, startTarget } from './loopback.fixture.ts';
import type { TunnelByteStream, TunnelSession } from './tunnel-session.ts';

/** The program built from `interop/go-peer`; without it these tests are skipped. */
const peer = env['CLUSTERNET_GO_TUNNEL_PEER'];
const MIB = 1024 * 1024;

function runPeer(...args: string[]) {
  const child = spawn(peer ?? '', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  return child;
}

async function acceptGoAgent(): Promise<TunnelSession> {
  const rig = await startHub();
  runPeer(
    'agent',
    `${rig.url.replace('http', 'ws')}/apis/proxies.clusternet.io/v1alpha1/sockets/c-1`,
    'token',
  );
  return rig.nextSession();
}

async function writeAll(stream: TunnelByteStream, sizeBytes: number): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 'w');
  for (let sent = 0; sent < sizeBytes; sent += block.length) {
    if (!stream.write(block)) await once(stream, 'drain');
  }
}

async function readExactly(stream: TunnelByteStream, sizeBytes: number): Promise<void> {
  let got = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    got += chunk.length;
    if (got >= sizeBytes) return;
  }
  throw new Error(`ended after ${got} of ${sizeBytes} bytes`);
}

describe.skipIf(peer === undefined)('a hub of ours and a Go agent', () => {
  it('carry downloads, also slow ones, beside others', async () => {
    const body = Buffer.alloc(40 * MIB, 'd');
    const target = await startTarget((socket) => socket.end(body));
    const hub = await acceptGoAgent();
    const slow = hub.open('tcp', target);
    slow.read(0);
    await expect.poll(() => hub.bufferedBytes).toBeGreaterThan(500_000);
    expect((await readAll(hub.open('tcp', target))).length).toBe(body.length);
    expect((await readAll(slow)).length).toBe(body.length);
    await expect.poll(() => hub.streams).toBe(0);
  });

  it('carry uploads through many pauses', async () => {
    let got = 0;
    const target = await startTarget((socket) => socket.on('data', (chunk) => (got += chunk.length)));
    const hub = await acceptGoAgent();
    const stream = hub.open('tcp', target);
    await writeAll(stream, 100 * MIB);
    await expect.poll(() => got, { timeout: 10_000 }).toBe(100 * MIB);
    stream.destroy();
  });

  it('do not hang when both directions are full, as two Go peers would', async () => {
    const target = await startTarget((socket) => socket.pipe(socket));
    const hub = await acceptGoAgent();
    const stream = hub.open('tcp', target);
    await Promise.all([writeAll(stream, 48 * MIB), readExactly(stream, 48 * MIB)]);
  }, 60_000);

  it('say why a target cannot be reached', async () => {
    const hub = await acceptGoAgent();
    const [error] = (await once(hub.open('tcp', '127.0.0.1:1'), 'error')) as [Error];
    expect(error).toMatchObject({
      code: 'DIAL_FAILED',
      message: expect.stringContaining('connection refused'),
    });
  });
});

describe.skipIf(peer === undefined)('an agent of ours and a Go hub', () => {
  it('carry streams and refusals', async () => {
    const body = Buffer.alloc(40 * MIB, 'd');
    const target = await startTarget((socket) => socket.end(body));
    const hub = runPeer('hub', '127.0.0.1:0');
    const [line] = (await once(hub.stdout, 'data')) as [Buffer];
    const url = `http://${line.toString().trim()}`;
    const agent = await startAgent(url, { target: { token: 't' } });
    await expect.poll(async () => (await fetch(`${url}/has/c-1`)).text()).toBe('true');
    expect((await (await fetch(`${url}/raw/c-1/${target}`)).arrayBuffer()).byteLength).toBe(body.length);
    expect(await (await fetch(`${url}/raw/c-1/127.0.0.1:1`)).text()).toContain('ERR dial tcp 127.0.0.1:1: ');
    await expect.poll(() => agent.streams).toBe(0);
  });
});
