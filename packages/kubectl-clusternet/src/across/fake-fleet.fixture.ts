import type { Transport, TransportRequest, TransportResponse } from '@clusternet/client';

/** What an API server answers to a path without its query; a status above 299 is an error. */
export type FakeAnswer = { readonly status: number; readonly body: unknown };
export type FakeApi = (path: string, request: TransportRequest, signal?: AbortSignal) => Promise<FakeAnswer>;

export const ok = (body: unknown): FakeAnswer => ({ status: 200, body });
export const failed = (status: number, message: string, reason = ''): FakeAnswer => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code: status },
});

/** Aggregated discovery of some kinds of one group. */
export function discoveryOf(
  group: string,
  version: string,
  kinds: readonly Record<string, unknown>[],
): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    items: [
      {
        metadata: { name: group },
        versions: [
          {
            version,
            resources: kinds.map(({ kind, plural, short = [], scope = 'Namespaced' }) => ({
              resource: plural,
              singularResource: String(kind).toLowerCase(),
              responseKind: { kind },
              shortNames: short,
              scope,
              verbs: ['get', 'list'],
            })),
          },
        ],
      },
    ],
  };
}

/** Pods as a Table, by name and state. */
export function podTable(
  pods: Readonly<Record<string, string>>,
  more: Record<string, unknown> = {},
): unknown {
  return {
    kind: 'Table',
    metadata: {},
    columnDefinitions: [
      { name: 'Name', priority: 0 },
      { name: 'Status', priority: 0 },
      { name: 'Node', priority: 1 },
    ],
    rows: Object.entries(pods).map(([name, state]) => ({
      cells: [name, state, `node-of-${name}`],
      object: { metadata: { name, namespace: 'default', labels: { app: name } } },
    })),
    ...more,
  };
}

/** A parent with clusters behind it, each of which answers for itself. */
export function fakeFleet(clusters: Readonly<Record<string, FakeApi>>, parent?: FakeApi): Transport {
  const items = Object.keys(clusters).map((name) => ({
    metadata: { name, namespace: `clusternet-${name}`, labels: { zone: name.slice(0, 1) } },
    spec: { clusterId: `id-${name}` },
  }));
  const answer: FakeApi = async (path, request, signal) => {
    const [, id = '', rest = ''] = /\/sockets\/id-([^/]+)\/proxy\/direct(.*)$/.exec(path) ?? [];
    const cluster = clusters[id];
    if (cluster !== undefined) return cluster(rest, request, signal);
    if (path.endsWith('/managedclusters')) return ok({ kind: 'ManagedClusterList', metadata: {}, items });
    return (await parent?.(path, request, signal)) ?? failed(404, 'not found');
  };
  return {
    hop: 'parent https://p',
    request: async (request, signal) =>
      toResponse(await answer(request.path.replace(/\?.*$/, ''), request, signal)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function toResponse({ status, body }: FakeAnswer): TransportResponse {
  const text = JSON.stringify(body);
  return {
    status,
    headers: {},
    text: () => Promise.resolve(text),
    body: (async function* () {
      yield await Promise.resolve(Buffer.from(text));
    })(),
  };
}
