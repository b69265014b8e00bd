import type { JsonObject } from '@clusternet/kube-data';
import { assertGet, serveDiscovery } from '../discovery/serve-discovery.ts';
import { createBadRequest, createPageNotFound, createPathNotFound } from '../errors/status-errors.ts';
import { createUnknownPath } from '../registry/unknown-path.ts';
import { createOpenApiHandler } from '../openapi/serve-open-api.ts';
import type { ApiRegistry } from '../registry/api-registry.ts';
import type { ApiHandler, UpgradeHandler } from './request.ts';
import { writeJson, writeText } from './respond.ts';

/** One health check. */
export interface HealthCheck {
  readonly name: string;
  /** Why it fails; undefined when all is well. */
  readonly run: () => string | undefined;
  /** Says whether requests should come here, not whether the process works: for `/readyz` alone. @default false */
  readonly isReadinessOnly?: boolean;
}

export interface ApiHandlerDeps {
  readonly registry: ApiRegistry;
  /** What `/version` answers. */
  readonly version: JsonObject;
}

export interface ApiHandlerOptions {
  /** @default one that always holds */
  readonly healthChecks?: readonly HealthCheck[];
  /** Handlers for further paths, such as `/openid/v1/jwks`. */
  readonly paths?: ReadonlyMap<string, ApiHandler>;
  /** Title of the OpenAPI documents. @default 'Kubernetes' */
  readonly title?: string;
}

const HEALTH_PATH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;

/** Sends every request to what serves it: a resource, another server, discovery, OpenAPI or a health check. */
export function createApiHandler(
  deps: ApiHandlerDeps,
  options: ApiHandlerOptions = {},
): { readonly handle: ApiHandler; readonly upgrade: UpgradeHandler } {
  const { registry } = deps;
  const checks = options.healthChecks ?? [{ name: 'ping', run: () => undefined }];
  const openApi = createOpenApiHandler(registry, {
    title: options.title ?? 'Kubernetes',
    version: deps.version,
  });

  const handle: ApiHandler = async (request, response, signal) => {
    const { info, path } = request;
    const [prefix, group = '', version = ''] = info.isResourceRequest
      ? [info.prefix, info.group, info.version]
      : path.split('/').filter((segment) => segment !== '');
    const delegate = prefix === 'apis' ? registry.getDelegate(group, version) : undefined;
    if (delegate !== undefined) {
      await delegate.handle(request, response, signal);
      return;
    }
    if (info.isResourceRequest) {
      const resource = registry.find(info.group, info.version, info.resource);
      if (resource === undefined) throw createUnknownPath(registry, info.group);
      await resource.handle(request, response, signal);
      return;
    }
    const extra = options.paths?.get(path);
    if (extra !== undefined) await extra(request, response, signal);
    else if (prefix === 'api' || prefix === 'apis') serveDiscovery(registry, request, response);
    else if (path === '/version' || path === '/version/') {
      assertGet(request);
      writeJson(response, 200, deps.version);
    } else if (HEALTH_PATH.test(path)) serveHealth(checks, path, request.query, response);
    else if (prefix === 'openapi') await openApi(request, response, signal);
    else if (path === '/') writeJson(response, 200, { paths: listPaths(registry, options) });
    else throw createPageNotFound();
  };

  const upgrade: UpgradeHandler = async (request, socket, head, signal) => {
    const { info } = request;
    const delegate = registry.getDelegate(info.group, info.version);
    const resource = registry.find(info.group, info.version, info.resource);
    if (info.isResourceRequest && delegate !== undefined)
      await delegate.upgrade(request, socket, head, signal);
    else if (!info.isResourceRequest || resource === undefined) throw createPathNotFound();
    else if (resource.upgrade === undefined) throw createBadRequest('this resource cannot be upgraded');
    else await resource.upgrade(request, socket, head, signal);
  };
  return { handle, upgrade };
}

function listPaths(registry: ApiRegistry, options: ApiHandlerOptions): string[] {
  const paths = new Set([
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
    ...(options.paths?.keys() ?? []),
  ]);
  for (const { group, version } of registry.listGroupVersions()) {
    if (group === '') paths.add('/api').add(`/api/${version}`);
    else paths.add('/apis').add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  return [...paths].sort();
}

function serveHealth(
  checks: readonly HealthCheck[],
  path: string,
  query: URLSearchParams,
  response: Parameters<ApiHandler>[1],
): void {
  const [, probe = '', only] = HEALTH_PATH.exec(path) ?? [];
  const probed = checks.filter(({ isReadinessOnly }) => probe === 'readyz' || isReadinessOnly !== true);
  const selected = only === undefined ? probed : probed.filter(({ name }) => name === only);
  if (selected.length === 0) throw createPageNotFound();
  const excluded = new Set(query.getAll('exclude'));
  const results = selected
    .filter(({ name }) => !excluded.has(name))
    .map(({ name, run }) => ({ name, reason: run() }));
  const isHealthy = results.every(({ reason }) => reason === undefined);
  if (isHealthy && !query.has('verbose')) {
    writeText(response, 200, 'text/plain; charset=utf-8', 'ok');
    return;
  }
  const lines = results.map(({ name, reason }) =>
    reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
  );
  const end = `${probe} check ${isHealthy ? 'passed' : 'failed'}`;
  writeText(response, isHealthy ? 200 : 500, 'text/plain; charset=utf-8', `${[...lines, end].join('\n')}\n`);
}
