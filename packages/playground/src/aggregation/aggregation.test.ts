import { once } from 'node:events';
import {
  createApiHandler,
  createApiRegistry,
  createDelegatedAuthorizer,
  createPathAuthorizer,
  createRequestHeaderAuthenticator,
  createUnionAuthorizer,
  parseExtensionAuthentication,
  startApiServer,
  writeJson,
} from '@clusternet/apiserver';
import type { AuthorizationAttributes, RunningApiServer } from '@clusternet/apiserver';
import { createCa, issueCertificate } from '@clusternet/pki';
import { silentLogger, systemClock } from '@clusternet/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectAt, objectsAt } from '../built-in/fields.ts';
import { startControlPlane } from '../control-plane/start-control-plane.ts';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';

const GROUP = 'proxies.example.com';

describe('API aggregation', () => {
  let plane: ControlPlane;
  let http: TestHttp;
  let extension: RunningApiServer;
  const asked: AuthorizationAttributes[] = [];

  beforeAll(async () => {
    plane = await startControlPlane();
    http = await createTestHttp(plane);
    const map = await http.get(
      '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    );
    const { requestHeader, requestHeaderCaPem } = parseExtensionAuthentication(
      objectAt(map, 'data') as Record<string, string>,
    );
    const ca = await createCa({ commonName: 'extension' });
    const serving = await issueCertificate(ca, {
      commonName: 'hub',
      dnsNames: ['hub.default.svc'],
      usage: 'server',
    });
    extension = await startExtension(requestHeader, { ...serving, clientCaPem: requestHeaderCaPem }, asked);
    await http.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'jane' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    await http.post('/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hub' },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    });
    await http.post('/apis/apiregistration.k8s.io/v1/apiservices', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1alpha1.${GROUP}` },
      spec: {
        group: GROUP,
        version: 'v1alpha1',
        service: { namespace: 'default', name: 'hub', port: extension.port },
        caBundle: Buffer.from(ca.certPem).toString('base64'),
        groupPriorityMinimum: 1000,
        versionPriority: 100,
      },
    });
    await eventually(async () => {
      const { body } = await http.call(`/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.${GROUP}`);
      const [condition] = objectsAt(objectAt(body, 'status'), 'conditions');
      return condition?.['status'] === 'True' ? condition : undefined;
    });
  });

  afterAll(async () => {
    await extension[Symbol.asyncDispose]();
    await plane[Symbol.asyncDispose]();
  });

  it('passes on who the user is, and nothing that proves it', async () => {
    const { body } = await http.call(`/apis/${GROUP}/v1alpha1/sockets/c1/proxy/https/10.0.0.1/api?x=1`, {
      headers: { 'x-remote-user': 'liar', 'x-remote-group': 'system:liars' },
    });
    expect(body).toMatchObject({
      method: 'request-header',
      user: 'admin',
      groups: ['system:masters', 'system:authenticated'],
      path: `/apis/${GROUP}/v1alpha1/sockets/c1/proxy/https/10.0.0.1/api`,
      hasAuthorization: false,
    });
  });

  it('passes extras on, percent-encoded', async () => {
    const { body } = await http.call(`/apis/${GROUP}/v1alpha1/sockets/c1/proxy`, {
      headers: {
        'impersonate-user': 'jane',
        'impersonate-group': 'a, b',
        'impersonate-extra-clusternet-token': 'secret%2f',
      },
    });
    expect(body).toMatchObject({
      user: 'jane',
      groups: ['a, b', 'system:authenticated'],
      extra: [['clusternet-token', ['secret%2f']]],
    });
    expect(asked.at(-1)?.user.extra.size).toBe(0);
  });

  it.each(['websocket', 'clusternet-tunnel/2'])('passes an upgrade to %s on, both ways', async (protocol) => {
    const { socket, headers } = await http.upgrade(`/apis/${GROUP}/v1alpha1/sockets/c1`, protocol, {
      'x-asked': 'yes',
    });
    expect(headers).toMatchObject({ upgrade: protocol, 'x-answer': 'yes' });
    socket.write('hello');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('HELLO');
    socket.destroy();
  });

  it('stands still with its upgraded connections while the plane is frozen', async () => {
    const { socket } = await http.upgrade(`/apis/${GROUP}/v1alpha1/sockets/c1`, 'websocket');
    const heard: string[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    plane.faults.freeze();
    socket.write('hello');
    const later = http.upgrade(`/apis/${GROUP}/v1alpha1/sockets/c2`, 'websocket');
    await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
    expect(heard).toEqual([]);
    plane.faults.thaw();
    await eventually(() => Promise.resolve(heard.join('') === 'HELLO' || undefined));
    (await later).socket.destroy();
    socket.destroy();
  });

  it('shows what the server behind offers', async () => {
    const list = await http.get(`/apis/${GROUP}/v1alpha1`);
    expect(objectsAt(list, 'resources').map((item) => item['name'])).toEqual(['sockets', 'sockets/proxy']);
    const { body } = await http.call('/apis', {
      headers: {
        accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
      },
    });
    expect(objectsAt(body, 'items').map((item) => objectAt(item, 'metadata')?.['name'])).toContain(GROUP);
  });

  it('answers 503 while the service is missing', async () => {
    await http.post('/apis/apiregistration.k8s.io/v1/apiservices', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.nowhere.example.com' },
      spec: {
        group: 'nowhere.example.com',
        version: 'v1',
        service: { namespace: 'default', name: 'none' },
        groupPriorityMinimum: 1,
        versionPriority: 1,
        insecureSkipTLSVerify: true,
      },
    });
    const { code } = await http.call('/apis/nowhere.example.com/v1/things');
    expect(code).toBe(503);
  });
});

async function startExtension(
  requestHeader: ReturnType<typeof parseExtensionAuthentication>['requestHeader'],
  tls: Parameters<typeof startApiServer>[1]['tls'],
  asked: AuthorizationAttributes[],
): Promise<RunningApiServer> {
  const registry = createApiRegistry();
  const names = {
    group: GROUP,
    version: 'v1alpha1',
    resource: 'sockets',
    singular: 'socket',
    kind: 'Socket',
    listKind: 'SocketList',
    namespaced: false,
  };
  registry.add({
    names,
    verbs: ['get'],
    subresources: [{ name: 'proxy', kind: 'Socket', verbs: ['create', 'get'] }],
    handle: (request, response) => {
      const { user, authentication, path, headers } = request;
      writeJson(response, 200, {
        method: authentication.method,
        user: user.name,
        groups: user.groups,
        extra: [...user.extra],
        path,
        hasAuthorization: headers.has('authorization'),
      });
      return Promise.resolve();
    },
    upgrade: (request, socket, head) => {
      const protocol = request.headers.get('upgrade')?.[0] ?? '';
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Answer: ${request.headers.get('x-asked')?.[0] ?? ''}\r\n\r\n`,
      );
      if (head.length > 0) socket.write(head.toString().toUpperCase());
      socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      return Promise.resolve();
    },
  });
  const { handle, upgrade } = createApiHandler({ registry, version: { gitVersion: 'v0.0.0' } });
  const delegated = createDelegatedAuthorizer({
    clock: systemClock,
    hidesExtra: (key) => key.startsWith('clusternet'),
    reviewAccess: (attributes) => {
      asked.push(attributes);
      return Promise.resolve({ decision: 'allow' });
    },
  });
  return startApiServer(
    {
      authenticate: createRequestHeaderAuthenticator({ clock: systemClock }, () => requestHeader),
      authorize: createUnionAuthorizer([createPathAuthorizer(['/healthz']), delegated]),
      handle,
      upgrade,
      log: silentLogger,
      clock: systemClock,
    },
    { tls },
  );
}
