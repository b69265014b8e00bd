import {
  createApiHandler,
  createApiRegistry,
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
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';
import type { TunnelSessionOptions } from '@clusternet/tunnel';
import { createClusterProxy } from '../proxy/cluster-proxy.ts';
import type { ClusterProxyOptions, GetClusterTarget } from '../proxy/cluster-proxy.ts';
import { formatTunnelMetrics } from '../tunnels/format-tunnel-metrics.ts';
import { createServeTunnel } from '../tunnels/serve-tunnel.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import type { ApiAuth } from './delegated-auth.ts';
import { createSocketsResource } from './sockets-resource.ts';

export interface AggregatedApiDeps {
  readonly auth: ApiAuth;
  /** The tunnels of this process. */
  readonly registry: TunnelRegistry;
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
  readonly proxy?: ClusterProxyOptions;
  readonly tunnel?: TunnelSessionOptions;
  /** How long a stop waits for what is under way, ms. @default 5000 */
  readonly drainTimeoutMs?: number;
  /** Told once the server listens. `setTls` takes new certificates. */
  readonly onListening?: (server: Pick<RunningApiServer, 'host' | 'port' | 'setTls' | 'url'>) => void;
}

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
  const { auth, clock, log } = deps;
  while (!auth.isReady()) if (!(await clock.sleep(READY_POLL_MS, signal))) return;

  await using proxy = createClusterProxy(deps, options.proxy);
  const resources = createApiRegistry();
  resources.add(
    createSocketsResource({
      proxy,
      serveTunnel: createServeTunnel(deps, options.tunnel),
      isEnabled: options.isSocketConnectionEnabled ?? (() => true),
    }),
  );
  options.addResources?.(resources);
  const api = createApiHandler(
    { registry: resources, version: deps.version },
    {
      title: 'Clusternet',
      paths: new Map([
        ['/metrics', createMetricsHandler(deps)],
        ['/debug/tunnels', createTunnelsHandler(deps.registry)],
      ]),
      healthChecks: [
        { name: 'ping', run: () => undefined },
        { name: 'authentication', run: () => (auth.isReady() ? undefined : 'not read yet') },
        ...(options.healthChecks ?? []),
      ],
    },
  );
  await using server = await startApiServer(
    { ...api, authenticate: auth.authenticate, authorize: auth.authorize, clock, log },
    {
      tls: deps.tls,
      host: options.host ?? '0.0.0.0',
      port: options.port ?? 443,
      drainTimeoutMs: options.drainTimeoutMs ?? 5000,
    },
  );
  log.info('aggregated api listening', { url: server.url });
  options.onListening?.(server);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await deps.registry.close(0);
}

function createMetricsHandler(deps: AggregatedApiDeps): ApiHandler {
  return async (_request, response) => {
    const text = (await deps.gatherMetrics()) + formatTunnelMetrics(deps.registry.snapshot());
    writeText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text);
  };
}

/** The live tunnels, of all clusters or of `?cluster=ID`. Who may see them is RBAC's to say, by path. */
function createTunnelsHandler(registry: TunnelRegistry): ApiHandler {
  return (request, response) => {
    writeJson(response, 200, { tunnels: registry.snapshot(request.query.get('cluster') ?? undefined) });
    return Promise.resolve();
  };
}
