import { runAgent } from '@clusternet/agent';
import type { AgentPhase } from '@clusternet/agent';
import { loadConnection } from '@clusternet/client/node-config';
import { createLogger, createPrometheusMetrics, runHealthServer, runProgram } from '@clusternet/host';
import { runAll, systemClock, systemRandom } from '@clusternet/runtime';
import type { Run } from '@clusternet/runtime';
import packageJson from '../package.json' with { type: 'json' };
import { configureAgent } from './config.ts';
import type { AgentConfig } from './config.ts';
import { agentFlags } from './flags.ts';

const name = 'clusternet-agent';
const version = `v${packageJson.version}`;

async function run(
  { options, kubeconfig, verbosity, health, env }: AgentConfig,
  signal: AbortSignal,
): Promise<void> {
  const log = createLogger({ component: name, verbosity });
  const metrics = createPrometheusMetrics();
  const connection = await loadConnection({ kubeconfig, env });
  let phase: AgentPhase = 'registering';
  const agent: Run = (inner) =>
    runAgent(
      {
        connection: { ...connection, name: 'child kube-apiserver', userAgent: `${name}/${version}` },
        options,
        clock: systemClock,
        random: systemRandom,
        log,
        metrics,
        onPhase: (next) => {
          phase = next;
        },
      },
      inner,
    );
  const checks = new Map([
    ['registration', () => (phase === 'registering' ? 'not registered with the parent yet' : undefined)],
  ]);
  const runs = [agent];
  if (health !== undefined) runs.push((inner) => runHealthServer({ metrics, checks, log }, health, inner));
  await runAll(runs, signal);
}

process.exitCode = await runProgram(
  {
    name,
    purpose: 'Joins the cluster it runs in to a parent cluster and keeps the two connected.',
    version,
    flags: agentFlags,
    configure: (flags) => configureAgent(flags, process.env, version),
    run,
  },
  process.argv.slice(2),
);
