import type { ApiRequest } from '@clusternet/apiserver';
import { isApiError } from '@clusternet/apiserver';
import type { Clock, Logger, Metrics } from '@clusternet/runtime';
import { isTunnelError } from '@clusternet/tunnel';
import type { TunnelErrorCode } from '@clusternet/tunnel';

/** Where a request ended that did not reach the child, or did not come back whole. */
export type FailedHop = 'agent' | 'caller' | 'hub' | 'target';

/** How a proxied request ended. */
export interface AccessOutcome {
  /** 101 for an upgrade that came about; 499 when the caller left before an answer. */
  readonly status: number;
  readonly failedHop?: FailedHop;
}

/** One request on its way to a child. */
export interface AccessRecord {
  readonly countBytes: (sizeBytes: number) => void;
  /** Called once. */
  readonly end: (outcome: AccessOutcome) => void;
}

/** Counts and logs what goes to children. */
export interface AccessLog {
  begin(request: ApiRequest, kind: 'request' | 'upgrade'): AccessRecord;
}

/** The status of nginx for a caller that did not wait. */
export const CALLER_LEFT = 499;

/**
 * Creates the log: who, which cluster, which verb and path, what came of it and how long it took. Paths are logged
 * without their query, which may hold the commands of an exec; headers and bodies never are.
 */
export function createAccessLog(deps: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}): AccessLog {
  const { clock, metrics } = deps;
  const log = deps.log.child({ component: 'access' });
  const underWay = metrics.gauge({
    name: 'clusternet_proxy_requests_count',
    help: 'Proxied requests and upgraded connections under way',
    labelNames: ['kind'],
  });
  const durations = metrics.histogram({
    name: 'clusternet_proxy_request_duration_seconds',
    help: 'Proxied requests by how long they took, watches included',
    labelNames: ['code'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600, 3600],
  });
  const responseBytes = metrics.counter({
    name: 'clusternet_proxy_response_bytes_total',
    help: 'Bytes of answers of child clusters',
  });
  const failures = metrics.counter({
    name: 'clusternet_proxy_failures_total',
    help: 'Proxied requests that did not come back whole, by where they ended',
    labelNames: ['hop'],
  });
  return {
    begin: (request, kind) => {
      const startedMs = clock.monotonicMs();
      let sizeBytes = 0;
      underWay.add(1, { kind });
      return {
        countBytes: (more) => {
          sizeBytes += more;
          responseBytes.add(more);
        },
        end: ({ status, failedHop }) => {
          const tookMs = clock.monotonicMs() - startedMs;
          underWay.add(-1, { kind });
          if (kind === 'request') durations.observe(tookMs / 1000, { code: codeClass(status) });
          if (failedHop !== undefined) failures.add(1, { hop: failedHop });
          log.info(kind === 'upgrade' ? 'proxied upgrade' : 'proxied request', {
            user: request.user.name,
            cluster: request.info.name,
            method: request.method,
            path: pathInChild(request.path),
            status,
            durationMs: Math.round(tookMs * 10) / 10,
            ...(kind === 'upgrade' ? {} : { bytes: sizeBytes }),
            ...(failedHop === undefined ? {} : { failedHop }),
          });
        },
      };
    },
  };
}

function codeClass(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

const BELOW_PROXY = /\/proxy(?=\/|$)(.*)$/;

function pathInChild(path: string): string {
  return (BELOW_PROXY.exec(path)?.[1] ?? path) || '/';
}

const AGENT_CODES: ReadonlySet<TunnelErrorCode> = new Set<TunnelErrorCode>([
  'CLOSED',
  'LOST',
  'OVERLOADED',
  'PROTOCOL',
  'SILENT',
  'UNAVAILABLE',
]);

/** Where a request ended, by the error it ended with. */
export function findFailedHop(error: unknown): FailedHop {
  if (isTunnelError(error)) return AGENT_CODES.has(error.code) ? 'agent' : 'target';
  return isApiError(error) ? 'hub' : 'target';
}
