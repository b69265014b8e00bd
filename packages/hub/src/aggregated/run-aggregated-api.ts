import {
  createApiHandler,
  createApiRegistry,
  createServiceUnavailable,
  startApiServer,
  writeJson,
  writeText,
} from '@clusternet/apiserver';
import type {
  ApiHandler,
  ApiRegistry,
  HealthCheck,
  RunningApiServer,
  ServerTls,
} from '@clusternet/apiserver';
import type { JsonObject } from '@clusternet/kube-data';
import { aborted, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';
import type { TunnelSessionOptions } from '@clusternet/tunnel';
import { joinRegistries } from '../peers/join-registries.ts';
import type { Peers } from '../peers/run-peers.ts';
import { createClusterProxy } from '../proxy/cluster-proxy.ts';
import type { ClusterProxy, ClusterProxyOptions, GetClusterTarget } from '../proxy/cluster-proxy.ts';
import { formatTunnelMetrics } from '../tunnels/format-tunnel-metrics.ts';
import { planServiceClass } from '../proxy/service-class.ts';
import { createServeTunnel } from '../tunnels/serve-tunnel.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import type { ApiAuth } from './delegated-auth.ts';
import { createSocketsResource } from './sockets-resource.ts';

export interface AggregatedApiDeps {
  readonly auth: ApiAuth;
  /** The tunnels of this process. */
  readonly registry: TunnelRegistry;
  /** Other hubs, and what can be reached through them. @default none */
  readonly peers?: Pick<Peers, 'drain' | 'hasOtherHubs' | 'remote' | 'snapshot'> | undefined;
  readonly getTarget: GetClusterTarget;
  readonly tls: ServerTls | 'none';
  /** What `/version` answers. */
  readonly version: JsonObject;
  /** The text of `/metrics`, in Prometheus' format. */
  readonly gatherMetrics: () => Promise<string> | string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface AggregatedApiOptions {
  /** @default '0.0.0.0' */
  readonly host?: string;
  /** @default 443 */
  readonly port?: number;
  /** The feature gate SocketConnection. @default always on */
  readonly isSocketConnectionEnabled?: () => boolean;
  /** Adds other groups, such as `shadow`, before the server listens. */
  readonly addResources?: (resources: ApiRegistry) => void;
  /** Checks of `/readyz` and `/healthz`, beside that of authentication. */
  readonly healthChecks?: readonly HealthCheck[];
  readonly proxy?: Omit<ClusterProxyOptions, 'isEndToEnd'>;
  readonly tunnel?: TunnelSessionOptions;
  /** Agents perform no requests and see ciphertext only; the hub speaks TLS to children. @default false */
  readonly isEndToEnd?: boolean;
  /** How long a stop waits for what is under way, ms. @default 5000 */
  readonly drainTimeoutMs?: number;
  /** How long a hub that stops goes on serving where there are other hubs, so that agents and callers find those, ms. @default 5000 */
  readonly shutdownDelayMs?: number;
  /** Told once the server listens. `setTls` takes new certificates. */
  readonly onListening?: (server: Pick<RunningApiServer, 'host' | 'port' | 'setTls' | 'url'>) => void;
}

/** Heads of requests: well within what the tunnel carries, with what the hub adds to them. */
const MAX_HEAD_BYTES = 64 * 1024;
const READY_POLL_MS = 100;

/**
 * Plays the hub's role of an aggregated API server until `signal` aborts: the agents' tunnels, the proxy to their
 * clusters, and whatever `addResources` brings. It listens once it can tell who is asking.
 *
 * @throws when it cannot listen
 */
export async function runAggregatedApi(
  deps: AggregatedApiDeps,
  options: AggregatedApiOptions,
  signal: AbortSignal,
): Promise<void> {
  await runAll([(stop) => deps.auth.run(stop), (stop) => serve(deps, options, stop)], signal);
}

async function serve(
  deps: AggregatedApiDeps,
  options: AggregatedApiOptions,
  signal: AbortSignal,
): Promise<void> {
  const { auth, clock, log, registry, peers } = deps;
  while (!auth.isReady()) if (!(await clock.sleep(READY_POLL_MS, signal))) return;

  const tunnelsOver = new AbortController();
  const tunnels = joinRegistries(registry, peers?.remote);
  await using proxy = createClusterProxy(
    { ...deps, registry: tunnels },
    { ...options.proxy, isEndToEnd: options.isEndToEnd === true },
  );
  const api = createApi(deps, options, { proxy, signal: tunnelsOver.signal });
  const drainTimeoutMs = options.drainTimeoutMs ?? 5000;
  try {
    await using server = await startApiServer(
      { ...api, authenticate: auth.authenticate, authorize: auth.authorize, clock, log },
      {
        tls: deps.tls,
        maxHeaderBytes: MAX_HEAD_BYTES,
        host: options.host ?? '0.0.0.0',
        port: options.port ?? 443,
        drainTimeoutMs,
        isEndless: (url) => planServiceClass(url) === 'watch',
      },
    );
    log.info('aggregated api listening', { url: server.url });
    options.onListening?.(server);
    await aborted(signal);
    registry.drain(); // `/readyz` fails from now on
    server.leave();
    if (peers?.hasOtherHubs === true) {
      log.info('agents and callers are sent to other hubs');
      await clock.sleep(options.shutdownDelayMs ?? 5000);
    }
    await peers?.drain(drainTimeoutMs);
    // What callers have under way ends with the server, and only then the tunnels that it goes through.
  } finally {
    tunnelsOver.abort();
    await registry.close(0);
  }
}

function createApi(
  deps: AggregatedApiDeps,
  options: AggregatedApiOptions,
  { proxy, signal }: { readonly proxy: ClusterProxy; readonly signal: AbortSignal },
): ReturnType<typeof createApiHandler> {
  const { auth, registry } = deps;
  const serveTunnel = createServeTunnel(deps, { ...options.tunnel, isEndToEnd: options.isEndToEnd === true });
  const resources = createApiRegistry();
  resources.add(
    createSocketsResource({
      proxy,
      serveTunnel: (clusterId, upgrade) => {
        if (registry.isDraining) throw createServiceUnavailable('this hub shuts down: dial again');
        return serveTunnel(clusterId, upgrade, signal);
      },
      isEnabled: options.isSocketConnectionEnabled ?? (() => true),
    }),
  );
  options.addResources?.(resources);
  return createApiHandler(
    { registry: resources, version: deps.version },
    {
      title: 'Clusternet',
      paths: new Map([
        ['/metrics', createMetricsHandler(deps)],
        ['/debug/tunnels', createTunnelsHandler(deps)],
      ]),
      healthChecks: [
        { name: 'ping', run: () => undefined },
        { name: 'authentication', run: () => (auth.isReady() ? undefined : 'not read yet') },
        {
          name: 'shutdown',
          run: () => (registry.isDraining ? 'shutting down' : undefined),
          isReadinessOnly: true,
        },
        ...(options.healthChecks ?? []),
      ],
    },
  );
}

function createMetricsHandler(deps: AggregatedApiDeps): ApiHandler {
  return async (_request, response) => {
    const text = (await deps.gatherMetrics()) + formatTunnelMetrics(deps.registry.snapshot());
    writeText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text);
  };
}

/** The live tunnels, of all clusters or of `?cluster=ID`, and the links to other hubs. Who may see them is RBAC's to say, by path. */
function createTunnelsHandler({ registry, peers }: AggregatedApiDeps): ApiHandler {
  return (request, response) => {
    const tunnels = registry.snapshot(request.query.get('cluster') ?? undefined);
    writeJson(response, 200, { tunnels, peers: peers?.snapshot() ?? [] });
    return Promise.resolve();
  };
}
