import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTools } from '../conformance/tools.ts';
import type { Followed, Tools } from '../conformance/tools.ts';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import type { FleetChild } from '../harness/join-child.ts';
import { on } from '../harness/journey.ts';
import { requestToken } from '../harness/service-account-token.ts';
import {
  createChildVisitor,
  curl,
  visitKubeconfig,
  visitUrl,
  withChildToken,
  writeExecPlugin,
} from '../harness/visitor.ts';

/** Longer than the 60 s after which aggregated API servers cut requests (B §7). */
const FOLLOWED_MS = 72_000;

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 80 }] }] },
};

describe(`visiting a child with kubectl through the hub, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let child: FleetChild;
  let childToken: string;
  let tools: Tools;
  let logs: Followed;
  let followedFromMs: number;

  const toolsAs = (user: Readonly<Record<string, unknown>>): Tools =>
    stack.use(createTools({ kubeconfig: visitKubeconfig(fleet.parent, child, user) }));
  const toolsWith = (login: Readonly<Record<string, unknown>>): Tools =>
    toolsAs(withChildToken(login, childToken));

  beforeAll(async () => {
    fleet = stack.use(
      await startFleet({ on, children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false }] }),
    );
    child = fleet.child('one');
    await eventually('the service account of pods', () =>
      child.plane.client.rawJson({
        method: 'GET',
        path: '/api/v1/namespaces/default/serviceaccounts/default',
        what: 'get the service account',
      }),
    );
    await applyObjects(child.plane.client, [POD]);
    childToken = await createChildVisitor(child);
    await applyObjects(fleet.parent.client, readObjects('manifests/visiting/service_account.yaml'));
    tools = toolsWith({ token: await hubProxyToken(fleet) });
    await eventually('the pod to run', () => tools.kubectl(['exec', 'web', '--', 'true']).then(() => true));
    logs = stack.use(tools.follow(['logs', 'web', '-f', '--timestamps']));
    followedFromMs = Date.now();
  });
  afterAll(() => stack.disposeAsync());

  it('gets and lists what RBAC of the child allows, and nothing else', async () => {
    expect(await tools.kubectl(['get', 'pods'])).toMatch(/^web +1\/1 +Running /m);
    expect(await tools.kubectl(['auth', 'can-i', 'list', 'pods'])).toBe('yes\n');
    const { code, stderr } = await tools.run('kubectl', ['get', 'secrets']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'secrets is forbidden: User "system:serviceaccount:default:visitor" cannot list resource "secrets"',
    );
  });

  it('watches', async () => {
    using watch = tools.follow(['get', 'pods', '-w', '--output-watch-events']);
    await eventually('what is there', () => watch.text().includes('web'));
    await applyObjects(child.plane.client, [{ ...POD, metadata: { ...POD.metadata, name: 'later' } }]);
    await eventually('what came later', () => /^ADDED +later /m.test(watch.text()));
  });

  describe.each(['websocket', 'SPDY'] as const)('over %s', (protocol) => {
    beforeAll(() => tools.setProtocol(protocol));
    afterAll(() => tools.setProtocol('websocket'));

    it('runs commands', async () => {
      const both = ['exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo err >&2; exit 3'];
      const { code, stdout, stderr } = await tools.run('kubectl', both, 'in\n');
      expect({ code, stdout }).toEqual({ code: 3, stdout: 'in\n' });
      expect(stderr).toMatch(/^err\n/);
    });

    it('copies files both ways', async () => {
      const content = randomBytes(3_000_000);
      const path = tools.write(`sent-${protocol}`, content);
      await tools.kubectl(['cp', path, `web:sent-${protocol}`]);
      const back = join(tools.folder, `back-${protocol}`);
      await tools.kubectl(['cp', `web:sent-${protocol}`, back]);
      expect(readFileSync(back).equals(content)).toBe(true);
    });

    it('forwards ports', async () => {
      using forward = tools.follow(['port-forward', 'pod/web', ':80']);
      const line = /127\.0\.0\.1:(\d+) -> 80$/m;
      const port = await eventually(
        'the port',
        () => Number(line.exec(forward.text())?.[1] ?? '0') || undefined,
      );
      expect(await getLocally(port)).toMatch(/^HTTP\/1\.1 200 /);
    });
  });

  it("takes the seed's kubeconfig: a login at the parent, and a token of the child as an extra", async () => {
    const visitor = toolsWith({ token: await hubProxyToken(fleet) });
    expect(await visitor.kubectl(['get', 'pods', '-o', 'name'])).toContain('pod/web');
  });

  it('takes a login at the parent that a program prints', async () => {
    const command = writeExecPlugin(tools.folder, await hubProxyToken(fleet));
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
    expect(await toolsWith({ exec }).kubectl(['get', 'pods', '-o', 'name'])).toContain('pod/web');
  });

  it('refuses a login at the parent that nobody gave the right to', async () => {
    await applyObjects(fleet.parent.client, [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'default', name: 'nobody' } },
    ]);
    const visitor = toolsWith({ token: await requestToken(fleet.parent.client, 'default', 'nobody') });
    const { code, stderr } = await visitor.run('kubectl', ['get', 'pods']);
    expect(code).toBe(1);
    expect(stderr).toContain('Forbidden');
  });

  it("B §3.9: the seed's curl is closed until one manifest opens it, and then works word for word", async () => {
    const headers = {
      Accept: 'application/json',
      'Impersonate-User': 'clusternet',
      'Impersonate-Extra-Clusternet-Token': childToken,
      Authorization: 'Basic system:anonymous',
    };
    const url = `${visitUrl(fleet.parent, child)}/api/v1/namespaces/default/pods`;
    expect(await curl(url, headers)).toMatchObject({ status: 403 });
    await applyObjects(fleet.parent.client, readObjects('manifests/visiting/anonymous.yaml'));
    const pods = await eventually('the manifest to count', async () => {
      const { status, body } = await curl(url, headers);
      return status === 200 ? (JSON.parse(body) as { kind: string }) : undefined;
    });
    expect(pods.kind).toBe('PodList');
    const anonymous = toolsWith({ username: 'system:anonymous' });
    expect(await anonymous.kubectl(['get', 'pods', '-o', 'name'])).toContain('pod/web');
    const { 'Impersonate-Extra-Clusternet-Token': _token, ...bare } = headers;
    const without = await curl(url, bare);
    expect(without.status).toBe(403);
    expect(without.body).toContain('system:anonymous');
  });

  describe('without a credential of the child', () => {
    /** The administrator of the parent, as somebody else: kube-apiserver tells the hub of the latter. */
    const as = (name: string, ...groups: string[]): Tools => {
      const { certPem = '', keyPem = '' } = fleet.parent.connection;
      return toolsAs({
        'client-certificate-data': Buffer.from(certPem).toString('base64'),
        'client-key-data': Buffer.from(keyPem).toString('base64'),
        as: name,
        'as-groups': ['visitors', ...groups],
      });
    };
    const whoami = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}'];
    const asks = async (tools: Tools): Promise<string> => {
      const { code, stdout } = await tools.run('kubectl', whoami);
      if (code === 0) return stdout;
      // Nobody may not ask who he is: what he may not either says it.
      const { stderr } = await tools.run('kubectl', ['get', '--raw=/api/v1/secrets']);
      return stderr;
    };

    beforeAll(async () => {
      await applyObjects(fleet.parent.client, [
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'visitors' },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'ClusterRole',
            name: 'clusternet:system:socketsproxy',
          },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'visitors' }],
        },
      ]);
      await eventually('the binding to count', async () => {
        const text = await asks(as('jane'));
        if (!text.includes('anonymous')) throw new Error(text);
        return true;
      });
      await applyObjects(child.plane.client, readObjects('manifests/visiting/own_identity.yaml'));
    });

    it('lets in as themselves whom the child named, in the groups that it named', async () => {
      const text = await eventually('the child to be told apart', async () => {
        const found = await asks(as('jane', 'developers', 'ops'));
        return found.startsWith('jane') ? found : undefined;
      });
      expect(text).toBe('jane ["developers","system:authenticated"]');
    });

    it('lets in nobody else: others, and those of the parent, arrive as nobody', async () => {
      const outsiders = [
        as('bob', 'developers'),
        as('system:kube-scheduler'),
        as('system:serviceaccount:a:b'),
      ];
      for (const outsider of outsiders) expect(await asks(outsider)).toContain('system:anonymous');
      const masters = await asks(as('jane', 'system:masters'));
      expect(masters).toBe('jane ["system:authenticated"]');
    });

    it('runs commands as themselves, as far as RBAC of the child goes', async () => {
      const jane = as('jane');
      const { stderr } = await jane.run('kubectl', ['get', 'pods']);
      expect(stderr).toContain('User "jane" cannot list resource "pods"');
      await applyObjects(child.plane.client, [
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'jane', namespace: 'default' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'visitor' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
        },
      ]);
      const run = (): Promise<string> => jane.kubectl(['exec', 'web', '--', 'echo', 'hello']);
      expect(await eventually('the binding to count', () => run().catch(() => undefined))).toBe('hello\n');
    });

    it('ends when the child takes it back', async () => {
      await child.plane.client
        .resource({
          group: 'rbac.authorization.k8s.io',
          version: 'v1',
          plural: 'clusterroles',
          kind: 'ClusterRole',
          namespaced: false,
        })
        .delete({ name: 'clusternet:visitors' }, {}, AbortSignal.timeout(10_000));
      await eventually('jane to be nobody', async () => (await asks(as('jane'))).includes('anonymous'));
    });
  });

  it('B §7: follows logs for longer than a minute', { timeout: FOLLOWED_MS + 30_000 }, async () => {
    await eventually('the minute to be over', () => Date.now() - followedFromMs > FOLLOWED_MS, {
      timeoutMs: FOLLOWED_MS + 5000,
      intervalMs: 1000,
    });
    expect(logs.exitCode()).toBe(null);
    const lines = logs.text().trim().split('\n');
    const lastMs = Date.parse(lines.at(-1)?.split(' ')[0] ?? '');
    expect(lastMs - followedFromMs).toBeGreaterThan(62_000);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

async function hubProxyToken({ parent }: Fleet): Promise<string> {
  return requestToken(parent.client, 'clusternet-system', 'clusternet-hub-proxy');
}

function getLocally(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  });
}
