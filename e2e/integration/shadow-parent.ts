import { bearerHeaders, createKubeClient } from '@clusternet/client';
import type { HttpMethod, KubeClient, Transport } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { runHub } from '@clusternet/hub';
import type { HubRole } from '@clusternet/hub';
import { parseJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { createCa, issueCertificate } from '@clusternet/pki';
import { startControlPlane } from '@clusternet/playground';
import type { ControlPlane } from '@clusternet/playground';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import { eventually } from '../harness/eventually.ts';
import { requestToken } from '../harness/service-account-token.ts';

const SYSTEM = 'clusternet-system';
const HUB_HOST = 'clusternet-hub.clusternet-system.svc';

export interface Call {
  readonly method?: HttpMethod;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** Whom the administrator acts as. @default the administrator */
  readonly as?: string;
}

export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** A parent whose shadow API a hub serves, with the rights that `deploy/hub` gives it. */
export interface ShadowParent extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly client: KubeClient;
  /** Asks the parent. */
  call(path: string, call?: Call): Promise<Answer>;
  /** Asks for something below `shadow/v1alpha1`. */
  shadow(path: string, call?: Call): Promise<Answer>;
  /** Asks the hub itself, as its own service account. */
  hub(path: string): Promise<Answer>;
  /** Stops the hub and starts another in its place. */
  replaceHub(): Promise<void>;
  /** The Manifest of that name. */
  manifest(name: string): Promise<KubeObject>;
}

export async function startShadowParent(log: Logger = silentLogger): Promise<ShadowParent> {
  const stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane({ name: 'parent' }));
  const { certPem, keyPem } = await plane.issueClientCertificate({
    name: 'tests',
    groups: ['system:masters'],
  });
  const server = { server: plane.url, name: 'parent', caPem: plane.caPem };
  const transport = stack.use(createTransport({ ...server, certPem, keyPem }));
  const client = createKubeClient(transport);
  const deployed = readObjects('deploy/hub').filter(
    ({ apiVersion, kind }) => kind !== 'APIService' && !apiVersion.startsWith('flowcontrol.'),
  );
  await applyObjects(client, [...readObjects('manifests/crds'), ...deployed]);
  const token = await requestToken(client, SYSTEM, 'clusternet-hub');
  const start = (): Promise<RunningShadowHub> =>
    startHub(
      stack,
      { connection: { ...server, getHeaders: bearerHeaders(token) }, log },
      async (port, caPem) => {
        await applyObjects(client, createService(port, caPem));
      },
    );
  let hub = await start();

  const send = async (to: Transport, path: string, options: Call): Promise<Answer> => {
    const {
      method = 'GET',
      body,
      contentType = 'application/json',
      accept = 'application/json',
      as,
    } = options;
    const response = await to.request({
      method,
      path,
      headers: {
        accept,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(as === undefined ? {} : { 'impersonate-user': as }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isObject = text.startsWith('{') && !text.trim().includes('\n'); // not the lines of a watch
    return {
      code: response.status,
      headers: response.headers,
      body: (isObject ? parseJson(text) : { text }) as JsonObject,
    };
  };
  const call: ShadowParent['call'] = (path, options = {}) => send(transport, path, options);
  const parent: ShadowParent = {
    plane,
    client,
    call,
    hub: (path) => send(hub.transport, path, {}),
    shadow: (path, options) => call(`/apis/shadow/v1alpha1${path}`, options),
    async replaceHub() {
      await hub.stop();
      hub = await start();
      await served();
    },
    async manifest(name) {
      const { body } = await call(
        `/apis/apps.clusternet.io/v1alpha1/namespaces/clusternet-reserved/manifests/${name}`,
      );
      return body as unknown as KubeObject;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  const served = (): Promise<boolean> =>
    eventually('the shadow API to be served through the parent', async () => {
      const { code, body } = await parent.shadow('');
      return code === 200 && Array.isArray(body['resources']);
    });
  await served();
  return parent;
}

interface RunningShadowHub {
  readonly transport: Transport;
  readonly stop: () => Promise<void>;
}

async function startHub(
  stack: AsyncDisposableStack,
  {
    connection,
    log,
  }: { readonly connection: Parameters<typeof runHub>[0]['connection']; readonly log: Logger },
  onListening: (port: number, caPem: string) => Promise<void>,
): Promise<RunningShadowHub> {
  const ca = await createCa({ commonName: 'clusternet-hub-ca' });
  const tls = await issueCertificate(ca, {
    commonName: HUB_HOST,
    usage: 'server',
    dnsNames: [HUB_HOST, 'localhost'],
  });
  const controller = new AbortController();
  const port = Promise.withResolvers<number>();
  const deps = { connection, log, clock: systemClock, random: systemRandom, metrics: noMetrics };
  const done = runHub(
    { ...deps, gatherMetrics: () => '', version: { gitVersion: 'v0.0.0' } },
    {
      roles: new Set<HubRole>(['apiserver']),
      tls,
      api: {
        host: '127.0.0.1',
        port: 0,
        drainTimeoutMs: 200,
        onListening: (api) => port.resolve(Number(new URL(api.url).port)),
      },
      systemNamespace: SYSTEM,
      reservedNamespace: 'clusternet-reserved',
      isDeployerEnabled: false,
      isShadowEnabled: true,
      isLeaderElected: false,
      election: { identity: 'test', leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
    },
    controller.signal,
  );
  done.catch(port.reject);
  const stop = async (): Promise<void> => {
    controller.abort();
    await done;
  };
  stack.defer(stop);
  const at = await port.promise;
  await onListening(at, ca.certPem);
  const { getHeaders } = connection;
  const own = { server: `https://127.0.0.1:${at}`, name: 'hub', caPem: ca.certPem, serverName: HUB_HOST };
  const transport = stack.use(
    createTransport({ ...own, ...(getHeaders === undefined ? {} : { getHeaders }) }),
  );
  return { transport, stop };
}

function createService(port: number, caPem: string): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: SYSTEM, name: 'clusternet-hub' },
      spec: {
        type: 'ExternalName',
        externalName: 'localhost',
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1alpha1.shadow' },
      spec: {
        group: 'shadow',
        version: 'v1alpha1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        caBundle: Buffer.from(caPem).toString('base64'),
        service: { namespace: SYSTEM, name: 'clusternet-hub', port },
      },
    },
  ];
}
