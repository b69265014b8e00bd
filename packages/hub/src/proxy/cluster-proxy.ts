import { createBadRequest, createServiceUnavailable, isApiError } from '@clusternet/apiserver';
import type { ApiHandler, ApiRequest, ApiResponse, UpgradeHandler } from '@clusternet/apiserver';
import type { Clock, Logger, Metrics } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { API_SERVER_TARGET } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { CALLER_LEFT, createAccessLog, findFailedHop } from './access-log.ts';
import { chooseCredential, parseChildCredential } from './child-credential.ts';
import type { ChildCredential } from './child-credential.ts';
import { forwardRequest } from './forward-request.ts';
import { forwardUpgrade } from './forward-upgrade.ts';
import { createTargetConnector, describeHop } from './open-target.ts';
import type { ClusterTarget, TargetConnectorOptions } from './open-target.ts';
import { planRequestHeaders } from './plan-headers.ts';
import { planTarget } from './plan-target.ts';
import type { TargetPlan } from './plan-target.ts';
import { toProxyError } from './proxy-errors.ts';
import { requestThroughAgent } from './request-through-agent.ts';
import { createTargetPools } from './target-pools.ts';
import type { TargetPoolsOptions } from './target-pools.ts';

/** Looks a cluster up by its id: `undefined` when there is none. */
export type GetClusterTarget = (
  clusterId: string,
  signal: AbortSignal,
) => ClusterTarget | Promise<ClusterTarget | undefined> | undefined;

export interface ClusterProxyDeps {
  readonly registry: Pick<TunnelRegistry, 'pick'>;
  readonly getTarget: GetClusterTarget;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ClusterProxyOptions extends TargetConnectorOptions, TargetPoolsOptions {
  /** Upgraded connections at once, over all clusters. @default 4096 */
  readonly maxUpgrades?: number;
  /** Speaks TLS to API servers itself, whatever agents offer: they relay ciphertext. @default false */
  readonly isEndToEnd?: boolean;
}

/** Answers `…/sockets/<id>/proxy/…` for callers that passed authorization. */
export interface ClusterProxy extends AsyncDisposable {
  readonly handle: ApiHandler;
  readonly upgrade: UpgradeHandler;
}

/** Everything that one proxied request needs. */
interface Route {
  readonly session: TunnelSession;
  readonly plan: TargetPlan;
  readonly target: ClusterTarget;
  readonly credential: ChildCredential;
  readonly hop: string;
}

/** Creates the proxy to child clusters. Disposing of it closes its kept connections. */
export function createClusterProxy(deps: ClusterProxyDeps, options: ClusterProxyOptions = {}): ClusterProxy {
  const { clock, log, metrics } = deps;
  const { maxUpgrades = 4096, isEndToEnd = false } = options;
  const pools = createTargetPools({ clock, metrics }, options);
  const accessLog = createAccessLog(deps);
  let upgrades = 0;

  const connectorOf = (clusterId: string, route: Route) =>
    createTargetConnector({ ...route, clusterId, clock }, options);

  return {
    handle: async (request, response, signal) => {
      const clusterId = request.info.name;
      const access = accessLog.begin(request, 'request');
      let hop = `hub → cluster ${clusterId}`;
      try {
        const route = await planRoute(deps, request, signal);
        hop = route.hop;
        const { session, plan, credential } = route;
        const headers = planRequestHeaders(request, plan, credential, false);
        const forwarded = { request, path: plan.path, headers };
        const counts = { onResponseBytes: access.countBytes };
        if (!isEndToEnd && canAsk(route)) {
          await requestThroughAgent(session, forwarded, response, counts, signal);
        } else {
          using lease = pools.lease(session, plan, credential.fingerprint, () =>
            connectorOf(clusterId, route),
          );
          await forwardRequest(lease.pool, forwarded, response, counts, signal);
        }
        access.end({ status: response.statusCode });
      } catch (error) {
        if (signal.aborted || response.headersSent) {
          const status = response.headersSent ? response.statusCode : CALLER_LEFT;
          access.end({ status, failedHop: signal.aborted ? 'caller' : findFailedHop(error) });
          if (signal.aborted) endCutShort(response, signal);
          log.debug('proxied request ended early', { hop, error: errorText(error) });
          return;
        }
        const answer = toProxyError(error, hop);
        access.end({ status: answer.httpCode, failedHop: findFailedHop(error) });
        throw answer;
      }
    },
    upgrade: async (request, socket, head, signal) => {
      const clusterId = request.info.name;
      let hop = `hub → cluster ${clusterId}`;
      if (upgrades >= maxUpgrades)
        throw createServiceUnavailable(`${upgrades} upgraded connections are open`);
      upgrades += 1;
      const access = accessLog.begin(request, 'upgrade');
      try {
        const route = await planRoute(deps, request, signal);
        hop = route.hop;
        const target = await connectorOf(clusterId, route).open();
        const { method } = request;
        const { path } = route.plan;
        const headers = planRequestHeaders(request, route.plan, route.credential, true);
        const status = await forwardUpgrade(
          clock,
          { method, path, headers, client: socket, head, target },
          signal,
        );
        access.end({ status });
      } catch (error) {
        if (signal.aborted) {
          access.end({ status: CALLER_LEFT, failedHop: 'caller' });
          log.debug('upgraded connection ended early', { hop, error: errorText(error) });
          return;
        }
        const answer = toProxyError(error, hop);
        access.end({ status: answer.httpCode, failedHop: findFailedHop(error) });
        throw answer;
      } finally {
        upgrades -= 1;
      }
    },
    [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose](),
  };
}

/**
 * A hub that stops ends watches and followed logs as a child would, and they begin anew elsewhere. What has a length, or
 * took too long, is broken off.
 */
function endCutShort(response: ApiResponse, signal: AbortSignal): void {
  if (!response.headersSent || response.writableEnded || response.destroyed) return;
  if (response.hasHeader('content-length') || isApiError(signal.reason)) response.destroy();
  else response.end();
}

async function planRoute(deps: ClusterProxyDeps, request: ApiRequest, signal: AbortSignal): Promise<Route> {
  const clusterId = request.info.name;
  const target = await deps.getTarget(clusterId, signal);
  if (target === undefined) throw createBadRequest(`no cluster id is ${clusterId}`);
  const plan = planTarget(request.url, clusterId, target.apiserverUrl);
  const credential = chooseCredential(parseChildCredential(request), request.user, plan, target);
  const session = deps.registry.pick(clusterId);
  if (session !== undefined) {
    return { session, plan, target, credential, hop: describeHop(clusterId, plan) };
  }
  if (target.useSocket) {
    throw createBadRequest(`cannot proxy through cluster ${clusterId}, whose agent is disconnected`);
  }
  throw createServiceUnavailable(`failed to find Session for client ${clusterId}: its agent keeps no tunnel`);
}

/**
 * Whether the agent performs the request: one that goes to the API server it named. A client certificate stays here,
 * and so does what goes elsewhere: for those the hub speaks TLS itself, through a raw stream.
 */
function canAsk({ session, plan, credential }: Route): boolean {
  return (
    plan.form === 'direct' &&
    credential.certificate === undefined &&
    session.targets.includes(API_SERVER_TARGET)
  );
}
