import { CLUSTER_CONDITIONS, CLUSTER_REASONS } from '@clusternet/api-types';
import type { ManagedClusterStatus } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { withTimeout } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import type { Child } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import { sumNodes } from './sum-nodes.ts';

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
  const [healthz, livez, readyz, version] = await Promise.all([
    isHealthy(deps, '/healthz', signal),
    isHealthy(deps, '/livez', signal),
    isHealthy(deps, '/readyz', signal),
    getVersion(deps, signal),
  ]);
  const fields: ManagedClusterStatus = {
    ...version,
    ...sumNodes(deps.getNodes()),
    ...deps.getCidrs(),
    agentVersion: options.agentVersion,
    apiserverURL: child.connection.server,
    healthz,
    livez,
    readyz,
    appPusher: options.isAppPusherEnabled,
    useSocket: options.isSocketEnabled,
    kubeQPS: options.kubeQps,
    kubeBurst: options.kubeBurst,
    heartbeatFrequencySeconds: Math.floor(options.statusReportMs / 1000),
    predictorEnabled: false,
    predictorDirectAccess: false,
  };
  const isReady = (livez && readyz) || healthz;
  return {
    fields,
    ready: {
      type: CLUSTER_CONDITIONS.ready,
      status: isReady ? 'True' : 'False',
      reason: isReady ? CLUSTER_REASONS.ready : CLUSTER_REASONS.notReady,
      message: isReady ? 'managed cluster is ready.' : 'managed cluster is not ready.',
    },
  };
}

async function isHealthy({ child, log }: CollectDeps, path: string, signal: AbortSignal): Promise<boolean> {
  const what = `get ${path}`;
  try {
    await withTimeout(SOURCE_TIMEOUT_MS, signal, what, async (inner) => {
      const response = await child.client.raw({ method: 'GET', path, what, accept: '*/*' }, inner);
      await response.text();
    });
    return true;
  } catch (error) {
    log.debug('health check failed', { path, error });
    return false;
  }
}

async function getVersion(
  { child, log }: CollectDeps,
  signal: AbortSignal,
): Promise<Pick<ManagedClusterStatus, 'k8sVersion' | 'platform'>> {
  const what = 'get /version';
  try {
    const { gitVersion, platform } = (await withTimeout(SOURCE_TIMEOUT_MS, signal, what, (inner) =>
      child.client.rawJson({ method: 'GET', path: '/version', what }, inner),
    )) as { readonly gitVersion?: string; readonly platform?: string };
    return {
      ...(gitVersion === undefined ? {} : { k8sVersion: gitVersion }),
      ...(platform === undefined ? {} : { platform }),
    };
  } catch (error) {
    log.debug('version unknown', { error });
    return {};
  }
}
