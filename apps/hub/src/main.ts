import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { loadConnection } from '@clusternet/client/node-config';
import { createLogger, createPrometheusMetrics, runHealthServer, runProgram } from '@clusternet/host';
import { runHub } from '@clusternet/hub';
import type { ClusterApiOptions, HubRole } from '@clusternet/hub';
import { runAll, systemClock, systemRandom } from '@clusternet/runtime';
import type { Run } from '@clusternet/runtime';
import packageJson from '../package.json' with { type: 'json' };
import { configureHub, rolesOfProgram } from './config.ts';
import type { HubConfig } from './config.ts';
import { createHubFlags } from './flags.ts';

const version = `v${packageJson.version}`;

async function run(config: HubConfig, signal: AbortSignal): Promise<void> {
  const log = createLogger({ component: program, verbosity: config.verbosity });
  const metrics = createPrometheusMetrics();
  const connection = await loadConnection({ kubeconfig: config.kubeconfig, env: config.env });
  const clusterApi = config.clusterApiKubeconfig === '' ? undefined : await loadClusterApi(config);
  const isServing = config.roles.has('apiserver');
  let isListening = false;
  const hub: Run = (inner) =>
    runHub(
      {
        connection: { ...connection, name: 'parent kube-apiserver', userAgent: `${program}/${version}` },
        clock: systemClock,
        random: systemRandom,
        log,
        metrics,
        version: { gitVersion: version, platform: `${process.platform}/${process.arch}` },
        gatherMetrics: async () => (await metrics.format()).body,
      },
      {
        roles: config.roles,
        ...(config.tls === undefined ? {} : { tls: config.tls }),
        api: {
          host: config.host,
          port: config.port,
          shutdownDelayMs: config.shutdownDelayMs,
          isEndToEnd: config.isEndToEnd,
          isSocketConnectionEnabled: () => config.gates.isEnabled('SocketConnection'),
          onListening: () => {
            isListening = true;
          },
        },
        ...(config.hubAddress === undefined ? {} : { hubAddress: config.hubAddress }),
        ...(clusterApi === undefined ? {} : { clusterApi }),
        systemNamespace: config.systemNamespace,
        reservedNamespace: config.reservedNamespace,
        credentialLifetimeMs: config.credentialLifetimeMs,
        approvalMode: config.approvalMode,
        maxUnseenClusters: config.maxUnseenClusters,
        isDeployerEnabled: config.gates.isEnabled('Deployer'),
        isShadowEnabled: config.gates.isEnabled('ShadowAPI'),
        isFeedProtected: config.gates.isEnabled('FeedInUseProtection'),
        isCounting: config.gates.isEnabled('FeedInventory'),
        isClusterInitEnabled: config.gates.isEnabled('ClusterInit'),
        rateLimit: config.rateLimit,
        ...(config.peers === undefined ? {} : { peers: config.peers }),
        isLeaderElected: config.isLeaderElected,
        election: config.election,
        onRole: (role: HubRole, isActive) => {
          log.info(isActive ? 'role started' : 'role stopped', { role });
        },
      },
      inner,
    );
  const checks = new Map([
    ['aggregated-api', () => (isServing && !isListening ? 'not listening yet' : undefined)],
  ]);
  const runs = [hub];
  const { health } = config;
  if (health !== undefined) runs.push((inner) => runHealthServer({ metrics, checks, log }, health, inner));
  await runAll(runs, signal);
}

/** The management cluster of Cluster API, and what its clusters are given. */
async function loadClusterApi({
  clusterApiKubeconfig: kubeconfig,
  env,
}: HubConfig): Promise<ClusterApiOptions> {
  const manifests = readFileSync(new URL('../manifests/agent.yaml', import.meta.url), 'utf8');
  const connection = await loadConnection({ kubeconfig, env });
  return {
    connection: { ...connection, name: 'management cluster', userAgent: `${program}/${version}` },
    manifests,
  };
}

const [, script = 'clusternet-hub', ...args] = process.argv;
const program = basename(script).replace(/\.m?js$/, '');
const flags = createHubFlags(program);
const ownRoles = { ...flags['roles'], default: rolesOfProgram(program) } as (typeof flags)[string];

process.exitCode = await runProgram(
  {
    name: program,
    purpose:
      'Approves clusters, schedules and delivers applications, and serves the aggregated API of Clusternet.',
    version,
    flags: { ...flags, roles: ownRoles },
    configure: (parsed) => configureHub(parsed, process.env),
    run,
  },
  args,
);
