import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { aborted, errorText } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import type { PrometheusMetrics } from './prometheus-metrics.ts';

export interface HealthServerDeps {
  readonly metrics: PrometheusMetrics;
  /** Named checks; one that gives a text is not ready, for that reason. */
  readonly checks: ReadonlyMap<string, () => string | undefined>;
  readonly log: Logger;
}

export interface HealthServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Told the port once it is bound. */
  readonly onListening?: (port: number) => void;
}

/**
 * Serves `/livez`, `/readyz`, `/healthz` and `/metrics` over plain HTTP until `signal` aborts. Nothing secret
 * is in them; bind it to loopback or a pod address.
 *
 * @throws when the port cannot be bound
 */
export async function runHealthServer(
  deps: HealthServerDeps,
  { host, port, onListening }: HealthServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      respond(response, 405, 'only GET and HEAD');
      return;
    }
    // A check or metric that throws is an answer of 500, never the end of the process.
    answer(deps, path, new URLSearchParams(query).has('verbose'), response).catch((error: unknown) => {
      deps.log.error('health check failed', { path, error: errorText(error) });
      if (response.headersSent) response.destroy();
      else respond(response, 500, 'internal error');
    });
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => {
    deps.log.warn('health server failed', { error: errorText(error) });
  });
  const address = server.address();
  const bound = typeof address === 'object' ? (address?.port ?? port) : port;
  deps.log.info('serving health and metrics', { address: `${host}:${bound}` });
  onListening?.(bound);
  await aborted(signal);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function answer(
  deps: HealthServerDeps,
  path: string,
  isVerbose: boolean,
  response: ServerResponse,
): Promise<void> {
  switch (path) {
    case '/livez':
    case '/healthz/ping':
      respond(response, 200, 'ok');
      return;
    case '/healthz':
    case '/readyz': {
      const results = [...deps.checks].map(([name, check]) => ({ name, problem: check() }));
      const isReady = results.every(({ problem }) => problem === undefined);
      const lines = results.map(({ name, problem }) =>
        problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
      );
      const verdict = isReady ? `${path.slice(1)} check passed` : `${path.slice(1)} check failed`;
      respond(response, isReady ? 200 : 503, isVerbose || !isReady ? [...lines, verdict].join('\n') : 'ok');
      return;
    }
    case '/metrics': {
      const { contentType, body } = await deps.metrics.format();
      response.setHeader('content-type', contentType);
      respond(response, 200, body);
      return;
    }
    default:
      respond(response, 404, 'not found');
  }
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(body.endsWith('\n') ? body : `${body}\n`);
}
