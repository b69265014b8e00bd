import type { Call } from './api-calls.ts';

/** What has to be in an answer; objects may have more than is named. */
export interface Want {
  readonly code: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Requests one after the other, each with what it has to answer. */
export interface ApiCase {
  readonly name: string;
  readonly steps: readonly (Call & { readonly want: Want })[];
}

type Step = ApiCase['steps'][number];
type Headers = Readonly<Record<string, string>>;

export const CONFIG_MAPS = '/api/v1/namespaces/{ns}/configmaps';
export const CONFIG_MAP: string = `${CONFIG_MAPS}/{name}`;
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/{ns}/deployments';
export const DEPLOYMENT: string = `${DEPLOYMENTS}/{name}`;

export function configMap(
  data: Readonly<Record<string, unknown>> = { a: '1' },
  metadata: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{name}', ...metadata }, data };
}

export function deployment(spec: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: '{name}' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: '{name}' } },
      template: {
        metadata: { labels: { app: '{name}' } },
        spec: { containers: [{ name: 'main', image: 'example.invalid/main' }] },
      },
      ...spec,
    },
  };
}

export function get(path: string, want: Want, headers: Headers = {}): Step {
  return { method: 'GET', path, headers, want };
}
export function post(path: string, body: unknown, want: Want, headers: Headers = {}): Step {
  return { method: 'POST', path, body, headers, want };
}
export function put(path: string, body: unknown, want: Want): Step {
  return { method: 'PUT', path, body, want };
}
export function remove(path: string, want: Want, body?: unknown): Step {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }), want };
}
export function patch(
  type: 'apply' | 'json' | 'merge' | 'strategic',
  path: string,
  body: unknown,
  want: Want,
): Step {
  const contentType = {
    apply: 'application/apply-patch+yaml',
    json: 'application/json-patch+json',
    merge: 'application/merge-patch+json',
    strategic: 'application/strategic-merge-patch+json',
  }[type];
  return { method: 'PATCH', path, body, headers: { 'content-type': contentType }, want };
}

/** A Status that says no. */
export function failure(code: number, reason: string, more: Readonly<Record<string, unknown>> = {}): Want {
  return { code, body: { kind: 'Status', status: 'Failure', reason, code, ...more } };
}

export const CREATED: Want = { code: 201 };
export const OK: Want = { code: 200 };
