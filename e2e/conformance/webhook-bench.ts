import { expect } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createApiCalls } from './api-calls.ts';
import type { ApiCalls } from './api-calls.ts';
import { answer, PROBE, startWebhookServer } from './webhook-server.ts';
import type { ReviewRequest, WebhookServer } from './webhook-server.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';
export const MERGE = { 'content-type': 'application/merge-patch+json' };
export const CONFIG_MAPS = '/api/v1/namespaces/hooked/configmaps';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A control plane, and webhooks that it is told of. */
export interface WebhookBench extends AsyncDisposable {
  readonly plane: Plane;
  readonly calls: ApiCalls;
  readonly server: WebhookServer;
  /** Configures webhooks, and waits until requests meet them. Disposing the result waits until they do not. */
  install(kind: 'Mutating' | 'Validating', name: string, webhooks: readonly Json[]): Promise<AsyncDisposable>;
  /** Sends requests while a validating webhook listens under `path`, and gives what it was told. */
  listen(path: string, more: Json, requests: () => Promise<unknown>): Promise<readonly ReviewRequest[]>;
  /** A webhook under `path`, with rules for new ConfigMaps unless told. */
  webhook(path: string, more?: Json): Json;
}

/** The rule of a webhook that looks at new objects of one resource. */
export function rule(resources: readonly string[], more: Json = {}): Json {
  return { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources, scope: '*', ...more };
}

/** The rule of a webhook that looks at everything that happens to some resources. */
export function everything(apiGroups: readonly string[], resources: readonly string[]): Json {
  return rule(resources, { operations: ['*'], apiGroups, apiVersions: ['*'] });
}

export function configMap(name: string, metadata: Json = {}, more: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...more };
}

export async function startWebhookBench(name: string): Promise<WebhookBench> {
  const stack = new AsyncDisposableStack();
  const plane = stack.use(await startPlane(on, name));
  const calls = stack.use(createApiCalls(plane));
  const server = stack.use(await startWebhookServer(['webhooks.hooked']));
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'hooked', labels: { hooked: 'yes' } },
  };
  expect(await calls.send({ method: 'POST', path: '/api/v1/namespaces', body })).toMatchObject({ code: 201 });
  server.on('/ready', (request) => answer(request, { allowed: false, status: { message: 'ready' } }));

  const webhook: WebhookBench['webhook'] = (path, more = {}) => ({
    name: `${path.slice(1)}.example.com`,
    clientConfig: { url: server.url(path), caBundle: server.caBundle },
    rules: [rule(['configmaps'])],
    namespaceSelector: { matchLabels: { hooked: 'yes' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  });
  /** 400 once requests meet a configuration: each has a webhook that refuses ConfigMaps with its label. 201 when none does. */
  const probe = async (configuration: string): Promise<number> => {
    const { code } = await calls.send({
      method: 'POST',
      path: `${CONFIG_MAPS}?dryRun=All`,
      body: configMap(PROBE, { labels: { ready: configuration } }),
    });
    return code;
  };
  const bench: WebhookBench = {
    plane,
    calls,
    server,
    webhook,
    async listen(path, more, requests) {
      await using _ = await bench.install('Validating', path.slice(1), [webhook(path, more)]);
      await requests();
      return server.received(path);
    },
    async install(kind, configuration, webhooks) {
      const path = `${CONFIGURATIONS}/${kind.toLowerCase()}webhookconfigurations`;
      const ready = webhook('/ready', {
        name: 'a.ready.example.com',
        objectSelector: { matchLabels: { ready: configuration } },
      });
      const made = await calls.send({
        method: 'POST',
        path,
        body: {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: `${kind}WebhookConfiguration`,
          metadata: { name: configuration },
          webhooks: [ready, ...webhooks],
        },
      });
      expect(made).toMatchObject({ code: 201 });
      await eventually(`${configuration} to be met`, async () => {
        const code = await probe(configuration);
        if (code !== 400) throw new Error(`a probe was answered ${code}`);
        return true;
      });
      return {
        async [Symbol.asyncDispose]() {
          await eventually(`${configuration} to be deleted`, async () => {
            const { code } = await calls.send({ method: 'DELETE', path: `${path}/${configuration}` });
            return code === 404;
          });
          await eventually(`${configuration} to be gone`, async () => (await probe(configuration)) === 201);
        },
      };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return bench;
}
