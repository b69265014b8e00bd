import { CLUSTER_CONDITIONS, CLUSTER_REASONS } from '@clusternet/api-types';
import type { ManagedClusterStatus } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { withTimeout } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import type { Child } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import { describeHealth } from './describe-health.ts';
import { sumNodes } from './sum-nodes.ts';
import { countPods, sumUsage } from './sum-usage.ts';

export interface CollectDeps {
  readonly child: Child;
  readonly options: AgentOptions;
  readonly getNodes: () => readonly KubeObject[];
  readonly getCidrs: () => { clusterCIDR?: string; serviceCIDR?: string };
  readonly log: Logger;
}

export interface CollectedStatus {
  /** Without the time of observation: equal when nothing changed. */
  readonly fields: ManagedClusterStatus;
  readonly ready: ConditionUpdate;
}

/** Each source may take so long; a slow one costs its own fields only, ms. */
const SOURCE_TIMEOUT_MS = 5000;

/** Collects what a cluster reports about itself, all sources at once. */
export async function collectStatus(deps: CollectDeps, signal: AbortSignal): Promise<CollectedStatus> {
  const { child, options } = deps;
  const [healthz, livez, readyz, version, usage] = await Promise.all([
    checkHealth(deps, '/healthz', signal),
    checkHealth(deps, '/livez', signal),
    checkHealth(deps, '/readyz', signal),
    getVersion(deps, signal),
    options.isMetricsServerUsed ? getUsage(deps, signal) : {},
  ]);
  const health = { healthz: healthz.isOk, livez: livez.isOk, readyz: readyz.isOk };
  const fields: ManagedClusterStatus = {
    ...version,
    ...sumNodes(deps.getNodes()),
    ...deps.getCidrs(),
    ...usage,
    ...health,
    agentVersion: options.agentVersion,
    apiserverURL: child.connection.server,
    appPusher: options.isAppPusherEnabled,
    useSocket: options.isSocketEnabled,
    kubeQPS: options.kubeQps,
    kubeBurst: options.kubeBurst,
    heartbeatFrequencySeconds: Math.floor(options.statusReportMs / 1000),
    ...describePredictor(options.predictor),
  };
  const isReady = (health.livez && health.readyz) || health.healthz;
  const problems = [livez, readyz, healthz].flatMap(({ problem }) =>
    problem === undefined ? [] : [problem],
  );
  return {
    fields,
    ready: {
      type: CLUSTER_CONDITIONS.ready,
      status: isReady ? 'True' : 'False',
      reason: isReady ? CLUSTER_REASONS.ready : CLUSTER_REASONS.notReady,
      message: isReady
        ? 'managed cluster is ready.'
        : `managed cluster is not ready: ${[...new Set(problems)].join('; ')}.`,
    },
  };
}

function describePredictor(predictor: AgentOptions['predictor']): Partial<ManagedClusterStatus> {
  if (predictor === undefined) return { predictorEnabled: false, predictorDirectAccess: false };
  const { url: predictorAddress, isDirect: predictorDirectAccess } = predictor;
  return { predictorEnabled: true, predictorAddress, predictorDirectAccess };
}

/** What one source gives within its time; nothing when it fails, which says no more than that. */
async function ask<T>(
  { log }: CollectDeps,
  what: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await withTimeout(SOURCE_TIMEOUT_MS, signal, what, work);
  } catch (error) {
    log.debug('source of the status failed', { what, error });
    return undefined;
  }
}

interface Health {
  readonly isOk: boolean;
  readonly problem?: string;
}

async function checkHealth({ child, log }: CollectDeps, path: string, signal: AbortSignal): Promise<Health> {
  const what = `get ${path}`;
  try {
    await withTimeout(SOURCE_TIMEOUT_MS, signal, what, async (inner) => {
      const response = await child.client.raw({ method: 'GET', path, what, accept: '*/*' }, inner);
      await response.text();
    });
    return { isOk: true };
  } catch (error) {
    log.debug('health check failed', { path, error });
    return { isOk: false, problem: describeHealth(path, error) };
  }
}

async function getVersion(
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<Pick<ManagedClusterStatus, 'k8sVersion' | 'platform'>> {
  const what = 'get /version';
  const { gitVersion, platform } = ((await ask(deps, what, signal, (inner) =>
    deps.child.client.rawJson({ method: 'GET', path: '/version', what }, inner),
  )) ?? {}) as { readonly gitVersion?: string; readonly platform?: string };
  return {
    ...(gitVersion === undefined ? {} : { k8sVersion: gitVersion }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** What the metrics server knows, as far as it answers. */
async function getUsage(
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<Pick<ManagedClusterStatus, 'podStatistics' | 'resourceUsage'>> {
  const list = (plural: string): Promise<JsonValue | undefined> => {
    const what = `list ${plural}.metrics.k8s.io`;
    const path = `/apis/metrics.k8s.io/v1beta1/${plural}`;
    return ask(deps, what, signal, (inner) =>
      deps.child.client.rawJson({ method: 'GET', path, what }, inner),
    );
  };
  const [pods, nodes] = await Promise.all([list('pods'), list('nodes')]);
  return {
    ...(pods === undefined ? {} : { podStatistics: countPods(pods) }),
    ...(nodes === undefined ? {} : { resourceUsage: sumUsage(nodes) }),
  };
}
