// Many agents in one process: argv is the path of a JSON file with AgentsInput. All report about one control plane, each
// by a Lease of its own, which is what makes it a cluster of its own. Prints a line once all are started.
import { readFileSync } from 'node:fs';
import { runAgent } from '@clusternet/agent';
import type { AgentOptions } from '@clusternet/agent';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';

/** What the process is told. */
export interface AgentsInput {
  readonly count: number;
  readonly childKubeconfig: string;
  readonly parentUrl: string;
  readonly parentCaPem: string;
  readonly token: string;
}

const [path = ''] = process.argv.slice(2);
const input = JSON.parse(readFileSync(path, 'utf8')) as AgentsInput;
const parsed = parseKubeconfig(input.childKubeconfig, { path });
const connection = { ...(await createConnection(parsed, { clock: systemClock, path })), name: 'child' };
const controller = new AbortController();
for (let index = 0; index < input.count; index += 1) {
  const options: AgentOptions = {
    parentUrl: input.parentUrl,
    parentProxy: undefined,
    findProxy: () => undefined,
    predictor: undefined,
    registrationToken: input.token,
    parentCaPem: input.parentCaPem,
    parentCaHash: undefined,
    isInsecure: false,
    clusterName: `c${index}`,
    clusterNamePrefix: 'c',
    clusterNamespace: '',
    clusterType: 'StandardCluster',
    clusterLabels: {},
    syncMode: 'Pull',
    isSocketEnabled: true,
    isAppPusherEnabled: false,
    isRecoveryEnabled: false,
    isEndToEnd: false,
    systemNamespace: 'clusternet-system',
    leaseName: `clusternet-agent-${index}`,
    isLeaderElected: false,
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2000,
    statusReportMs: 180_000,
    statusCollectMs: 20_000,
    isMetricsServerUsed: false,
    labelPrefixes: [],
    labelThreshold: 1,
    kubeQps: 50,
    kubeBurst: 100,
    agentVersion: 'v0.0.0',
    identity: `bench_${index}`,
    clusterCidr: undefined,
    serviceCidr: undefined,
    tunnelAllowList: [],
  };
  const deps = {
    connection,
    options,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    metrics: noMetrics,
  };
  void runAgent(deps, controller.signal).catch((error: unknown) => {
    process.stderr.write(`agent ${index}: ${String(error)}\n`);
  });
}
process.stdout.write(`${JSON.stringify({ started: input.count })}\n`);
