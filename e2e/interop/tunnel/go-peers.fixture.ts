import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** The path on which agents dial. */
export const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';

/** A build of `packages/tunnel/interop/go-peer`. */
export interface GoPeer {
  readonly version: string;
  readonly path: string;
}

/** What deployed hubs and agents speak, and the newest. */
export const goPeers: readonly GoPeer[] = [
  { version: 'remotedialer v0.3.0', path: env['CLUSTERNET_GO_TUNNEL_PEER'] ?? '' },
  { version: 'remotedialer v0.6.1', path: env['CLUSTERNET_GO_TUNNEL_PEER_NEW'] ?? '' },
];

function run(peer: GoPeer, args: readonly string[], more: Record<string, string> = {}): ChildProcess {
  const child = spawn(peer.path, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...env, ...more } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A Go agent of cluster `c-1`. Killed when the test is over. */
export function startGoAgent(peer: GoPeer, hubUrl: string, more: Record<string, string> = {}): ChildProcess {
  const url = `${hubUrl.replace(/^http/, 'ws')}${SOCKETS}/c-1`;
  return run(peer, ['agent', url, 'token'], { PEER_INSECURE: '1', ...more });
}

export interface GoHub {
  readonly url: string;
  readonly process: ChildProcess;
  has(clusterId: string): Promise<boolean>;
  get(path: string): Promise<string>;
  /** A stream through the tunnel of a cluster. */
  open(clusterId: string, address: string): Socket;
}

export interface GoHubOptions {
  /** @default any free one of loopback */
  readonly listen?: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

/** A Go hub that takes every agent. Killed when the test is over. */
export async function startGoHub(peer: GoPeer, options: GoHubOptions = {}): Promise<GoHub> {
  const args = ['hub', options.listen ?? '127.0.0.1:0', ...(options.args ?? [])];
  const child = run(peer, args, { PEER_FRONT: '1', ...options.env });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    if (lines.length === 2) break;
  }
  const [address = '', front = ''] = lines;
  const url = `http://${address}`;
  const get = async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text();
  return {
    url,
    process: child,
    get,
    has: async (clusterId) => (await get(`/has/${clusterId}`)) === 'true',
    open: (clusterId, target) => {
      const [host = '', port = ''] = front.split(':');
      const socket = connect({ host, port: Number(port), allowHalfOpen: true });
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      socket.write(`${clusterId} ${target}\n`);
      return socket;
    },
  };
}
