import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchProcess, startOwnProcess } from '../processes.ts';
import type { BenchProcess } from '../processes.ts';

/** How agents of ours connect. */
export type AgentWay = 'default' | 'v1' | 'websocket';

/** A hub with agents, and where the child is reached through it. */
export interface TunnelRig {
  readonly hub: BenchProcess;
  readonly agent: BenchProcess;
  /** `http://…`, without the path in the child: both hubs are reached without TLS, and their agents too. */
  readonly url: string;
}

/** The child, and whatever is put in front of it; all of it ends with the bench. */
export interface BenchStage extends AsyncDisposable {
  readonly peer: string;
  readonly childUrl: string;
  readonly childAddress: string;
  readonly caFile: string;
  startOwn(way?: AgentWay, agents?: number): Promise<TunnelRig>;
  startGo(): Promise<TunnelRig>;
  /** Our hub, an agent on the Go library. */
  startMixed(): Promise<TunnelRig>;
  startHubOnly(
    leg?: 'plain' | 'tls',
    port?: number,
  ): Promise<{ readonly hub: BenchProcess; readonly info: string; readonly url: string }>;
  startAgents(info: string, count: number, way?: AgentWay): Promise<BenchProcess>;
}

const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';

/** @param peer - path of the program built from `packages/tunnel/interop/go-peer` */
export async function startStage(peer: string): Promise<BenchStage> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-bench-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const caFile = join(folder, 'child.pem');
  const child = stack.use(startBenchProcess(peer, ['child', '127.0.0.1:0', caFile]));
  const childAddress = await child.nextLine();

  const startHubOnly: BenchStage['startHubOnly'] = async (leg = 'plain', port = 0) => {
    const hub = stack.use(
      startOwnProcess('tunnel/hub-process.ts', [caFile, childAddress, leg, String(port)]),
    );
    const info = await hub.nextLine();
    return { hub, info, url: (JSON.parse(info) as { url: string }).url };
  };
  const startAgents: BenchStage['startAgents'] = async (info, count, way = 'default') => {
    const agent = stack.use(
      startOwnProcess('tunnel/agent-process.ts', [info, caFile, childAddress, String(count), way]),
    );
    await agent.nextLine();
    return agent;
  };
  const startGoAgent = async (hubUrl: string): Promise<BenchProcess> => {
    const agent = stack.use(
      startBenchProcess(peer, ['agent', `${hubUrl.replace(/^http/, 'ws')}${SOCKETS}/c-0`, 'bench'], {
        PEER_INSECURE: '1',
      }),
    );
    await sleep(1000); // it says nothing when it is connected
    return agent;
  };
  return {
    peer,
    caFile,
    childAddress,
    childUrl: `https://${childAddress}`,
    startHubOnly,
    startAgents,
    startOwn: async (way = 'default', agents = 1) => {
      const { hub, info, url } = await startHubOnly();
      const agent = await startAgents(info, agents, way);
      return { hub, agent, url: `${url}${SOCKETS}/c-0/proxy/direct` };
    },
    startMixed: async () => {
      const { hub, url } = await startHubOnly();
      const agent = await startGoAgent(url);
      return { hub, agent, url: `${url}${SOCKETS}/c-0/proxy/direct` };
    },
    startGo: async () => {
      const hub = stack.use(startBenchProcess(peer, ['hub', '127.0.0.1:0', caFile]));
      const url = `http://${await hub.nextLine()}`;
      const agent = await startGoAgent(url);
      return { hub, agent, url: `${url}/pooled/c-0/${childAddress}` };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
