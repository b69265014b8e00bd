import type { Description } from '@clusternet/api-types';
import { bearerHeaders, clusternetRef, createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createProxyDial } from '@clusternet/client/proxy';
import { createTransport } from '@clusternet/client/undici';
import type { RateLimit } from '@clusternet/client/undici';
import { createEventRecorder, createInformer, runLeaderElection } from '@clusternet/controller-kit';
import { backoffMs, errorText, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import { createRequestServer } from '@clusternet/tunnel';
import { createChild } from './child.ts';
import type { Child } from './child.ts';
import { createObserveController } from './observe/observe-controller.ts';
import { createRecovery } from './observe/recover-objects.ts';
import type { AgentOptions } from './options.ts';
import { provideDeployerCredential } from './pull/deployer-credential.ts';
import { createPullController, isPulling } from './pull/pull-controller.ts';
import { getClusterId } from './registration/cluster-id.ts';
import { register } from './registration/register.ts';
import type { Parent } from './registration/register.ts';
import { runRenewal } from './registration/renew-credential.ts';
import { runStatusReports } from './status/report-status.ts';
import { createVisitorSharing } from './visiting/share-visitors.ts';
import { createRefusalCounter } from './tunnel/count-refusals.ts';
import { readHubAddress } from './tunnel/hub-address.ts';
import { getDialAddress, runAgentTunnel } from './tunnel/run-agent-tunnel.ts';

export interface AgentDeps {
  /** To the API server of the cluster the agent runs in. */
  readonly connection: ConnectionConfig;
  readonly options: AgentOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told what the agent is doing, for health checks. */
  readonly onPhase?: (phase: AgentPhase) => void;
}

export type AgentPhase = 'registered' | 'registering' | 'standby';

/** Runs an agent until `signal` aborts: of several replicas one leads, registers and works. */
export async function runAgent(deps: AgentDeps, signal: AbortSignal): Promise<void> {
  const { options, clock, random, log } = deps;
  await using transport = createTransport(deps.connection, { rateLimit: rateLimitOf(options) });
  const child = createChild(deps.connection, createKubeClient(transport));
  const lead: Run = (inner) => runTerm(deps, child, inner);
  if (!options.isLeaderElected) {
    await lead(signal);
    return;
  }
  deps.onPhase?.('standby');
  await runLeaderElection(
    { leases: child.leases, clock, random, log },
    {
      namespace: options.systemNamespace,
      name: options.leaseName,
      identity: options.identity,
      leaseDurationMs: options.leaseDurationMs,
      renewDeadlineMs: options.renewDeadlineMs,
      retryPeriodMs: options.retryPeriodMs,
    },
    lead,
    signal,
  );
}

/** Work that lasted so long counts as a success: the next interruption waits shortly again, ms. */
const STEADY_MS = 60_000;

/** One term of leadership: register, work, and register anew when the parent refuses the credential. */
async function runTerm(deps: AgentDeps, child: Child, signal: AbortSignal): Promise<void> {
  const { options, clock, random, log } = deps;
  for (let failures = 0; !signal.aborted;) {
    deps.onPhase?.('registering');
    const startMs = clock.monotonicMs();
    try {
      const clusterId = await getClusterId(child, options, signal);
      await using parent = await register({ ...deps, child }, clusterId, signal);
      if (parent === undefined) return;
      deps.onPhase?.('registered');
      await work(deps, child, parent, signal);
    } catch (error) {
      if (isAborted(signal)) return;
      failures = clock.monotonicMs() - startMs > STEADY_MS ? 1 : failures + 1;
      const isRefused = isApiError(error, 'UNAUTHORIZED');
      log.warn(isRefused ? 'credential refused, registering anew' : 'work interrupted', {
        error: errorText(error),
      });
      if (!(await clock.sleep(backoffMs(failures, random.next(), { baseMs: 1000 }), signal))) return;
    }
  }
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function work(deps: AgentDeps, child: Child, parent: Parent, signal: AbortSignal): Promise<void> {
  const { options, clock, random, log } = deps;
  const due = new Set<() => void>();
  const reports: Run = (inner) =>
    runStatusReports(
      {
        child,
        parent,
        options,
        clock,
        random,
        log,
        onDue: (callback) => {
          due.add(callback);
          return () => {
            due.delete(callback);
          };
        },
      },
      inner,
    );
  const runs: Run[] = [
    reports,
    (inner) => runDelivery(deps, child, parent, inner),
    createVisitorSharing({ ...deps, child, parent }),
    (inner) => runRenewal({ ...deps, child }, parent, parent.keys, inner),
  ];
  if (options.isSocketEnabled) {
    runs.push(async (inner) => {
      const onRefused = createRefusalCounter(deps.metrics);
      await using requests = options.isEndToEnd
        ? undefined
        : createRequestServer({ connection: child.connection, clock, log, onRefused });
      await runAgentTunnel(
        {
          ...deps,
          parentUrl: options.parentUrl,
          clusterId: parent.clusterId,
          childUrl: child.connection.server,
          readHubAddress: (dialSignal) => readHubAddress(parent.client, log, dialSignal),
          getCredential: () => ({ token: parent.credential.token, caPem: parent.credential.caPem }),
        },
        {
          allowList: [...options.tunnelAllowList, ...listPredictor(options)],
          onRefused,
          ...(options.parentProxy === undefined ? {} : { dialParent: createProxyDial(options.parentProxy) }),
          dialHub: (url) => {
            const proxy = options.findProxy(new URL(url));
            return proxy === undefined ? undefined : createProxyDial(proxy);
          },
          ...(requests === undefined ? {} : { requests }),
          onState: ({ kind }) => {
            if (kind === 'connected') for (const callback of due) callback();
          },
        },
        inner,
      );
    });
  }
  await runAll(runs, signal);
}

/** A scheduler that may not ask a predictor directly comes through the tunnel. */
function listPredictor({ predictor }: AgentOptions): readonly string[] {
  const address = predictor === undefined || predictor.isDirect ? undefined : getDialAddress(predictor.url);
  return address === undefined ? [] : [address];
}

/** What `--kube-api-qps` and `--kube-api-burst` say, for each connection. */
function rateLimitOf({ kubeQps, kubeBurst }: Pick<AgentOptions, 'kubeBurst' | 'kubeQps'>): RateLimit {
  return { qps: kubeQps, burst: kubeBurst };
}

/** Uploads the credential for the parent's deployer, then delivers (if that is our job) and observes. */
async function runDelivery(
  deps: AgentDeps,
  child: Child,
  parent: Parent,
  signal: AbortSignal,
): Promise<void> {
  const { options, clock, random, log, metrics } = deps;
  const credential = await provideDeployerCredential({ ...deps, child }, parent, signal);
  if (credential === undefined) return;
  const { certPem: _cert, keyPem: _key, ...connection } = child.connection;
  await using transport = createTransport(
    {
      ...connection,
      getHeaders: bearerHeaders(credential.token),
      userAgent: `clusternet-agent/${options.agentVersion}`,
    },
    { rateLimit: rateLimitOf(options) },
  );
  const deployer = createKubeClient(transport);
  const descriptions = createInformer<Description>(
    { resource: parent.client.resource<Description>(clusternetRef('Description')), clock, random, log },
    { namespace: parent.credential.namespace },
  );
  const events = createEventRecorder({
    client: parent.client,
    clock,
    random,
    log,
    component: 'clusternet-agent',
  });
  const shared = { parent, deployer, descriptions, events, clock, random, log, metrics };
  const recover = options.isRecoveryEnabled ? createRecovery(shared) : undefined;
  const runs: Run[] = [descriptions.run, createObserveController({ ...shared, recover })];
  if (isPulling(options)) runs.push(createPullController(shared));
  await runAll(runs, signal);
  await events.flush();
}
