import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTools } from '../conformance/tools.ts';
import type { Tools } from '../conformance/tools.ts';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import type { RunningProcess } from '../harness/child-process.ts';
import { startDeployed } from '../harness/deployed-program.ts';
import { eventually } from '../harness/eventually.ts';
import { clustersOf } from '../harness/join-child.ts';
import { core, on } from '../harness/journey.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import type { Plane } from '../harness/plane.ts';
import { freePorts } from '../harness/ports.ts';
import { writeSecretFile } from '../harness/secret-file.ts';
import { requestToken } from '../harness/service-account-token.ts';
import { hubServes, standIn } from '../harness/start-hub.ts';
import { startPlane } from '../harness/start-plane.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SYSTEM = 'clusternet-system';
const REGTOKEN = '07401b.f395accd246ae52d';

/** As kubeadm publishes where a cluster is, for everybody to read. */
function clusterInfo({ server, caPem }: Plane): KubeObject[] {
  const metadata = { namespace: 'kube-public', name: 'cluster-info' };
  const cluster = { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') };
  const kubeconfig = JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] });
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { kubeconfig } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'cluster-info' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'system:anonymous' }],
    },
  ];
}

describe(`installing with the commands of the seed, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-deploy-'));
  let parent: Plane;
  let child: Plane;
  let inParent: Tools;
  let inChild: Tools;

  beforeAll(async () => {
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    [parent, child] = await Promise.all([startPlane(on, 'parent'), startPlane(on, 'child')]);
    stack.use(parent);
    stack.use(child);
    inParent = stack.use(createTools(parent));
    inChild = stack.use(createTools(child));
  });
  afterAll(() => stack.disposeAsync());

  const kubeconfigOf = async (plane: Plane, account: string): Promise<string> => {
    const user = { token: await requestToken(plane.client, SYSTEM, account) };
    const { server, caPem, name } = plane;
    return writeSecretFile(folder, `${account}.kubeconfig`, formatKubeconfig({ name, server, caPem, user }));
  };
  const start = (
    path: string,
    program: string,
    secret: Readonly<Record<string, string>>,
    flags: readonly string[],
  ): Promise<RunningProcess> => {
    const file = join(ROOT, 'apps', program, 'dist', `clusternet-${program}.js`);
    return startDeployed(readObjects(path), file, { secret, folder, flags });
  };
  const apply = async (tools: Tools, path: string): Promise<string> => {
    const full = join(ROOT, path);
    // The embedded control plane has no flow control, and says so.
    if (on === 'real' || path !== 'deploy/hub') return tools.kubectl(['apply', '-f', full]);
    const { stdout, stderr } = await tools.run('kubectl', ['apply', '-f', full]);
    expect(stderr.trim().split('\n').slice(-2).join(' ')).toMatch(/no matches for kind "FlowSchema"/);
    return stdout;
  };

  it('installs the hub in a bare parent with one command, twice with the same end', async () => {
    const first = await apply(inParent, 'deploy/hub');
    expect(first).toContain('deployment.apps/clusternet-hub created');
    expect(first).toContain(
      'customresourcedefinition.apiextensions.k8s.io/managedclusters.clusters.clusternet.io created',
    );
    const again = await apply(inParent, 'deploy/hub');
    // kubectl takes the lists of a FlowSchema for changed whenever it looks.
    const changed = again
      .split('\n')
      .filter((line) => !/ unchanged$|^flowschema|^prioritylevel|^$/.test(line));
    expect(changed).toEqual([]);
    await inParent.kubectl(['apply', '-f', join(ROOT, 'manifests/samples/cluster_bootstrap_token.yaml')]);
    await inParent.kubectl([
      'apply',
      '-f',
      join(ROOT, 'manifests/samples/cluster_serviceaccount_token.yaml'),
    ]);
    const path = `jsonpath={.items[?(@.metadata.annotations.kubernetes\\.io/service-account\\.name=="cluster-bootstrap-use")].data.token}`;
    const token = await eventually('the token of the service account', async () => {
      const text = await inParent.kubectl(['get', 'secret', '-n', SYSTEM, `-o=${path}`]);
      return text === '' ? undefined : Buffer.from(text, 'base64').toString('utf8');
    });
    expect(token.split('.')).toHaveLength(3);
  });

  it('serves through kube-apiserver as deployed, verified by the authority that hubs publish', async () => {
    const [port = 0] = await freePorts(1);
    const objects = readObjects('deploy/hub').filter(
      ({ kind }) => kind === 'Service' || kind === 'APIService',
    );
    await inParent.kubectl(['delete', 'service', '-n', SYSTEM, 'clusternet-hub']);
    await applyObjects(
      parent.client,
      objects.flatMap((object) => standIn(object, port)),
    );
    const hub = stack.use(
      await start('deploy/hub', 'hub', {}, [
        `--kubeconfig=${await kubeconfigOf(parent, 'clusternet-hub')}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        '--health-address=127.0.0.1',
        '--health-port=0',
        '--peer-port=0',
      ]),
    );
    await hubServes(parent, hub);
    const { spec } = (await parent.client.rawJson({
      method: 'GET',
      path: '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.proxies.clusternet.io',
      what: 'get the APIService',
    })) as unknown as { spec: { caBundle: string; insecureSkipTLSVerify?: boolean } };
    expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
    expect(Buffer.from(spec.caBundle, 'base64').toString()).toContain('BEGIN CERTIFICATE');
  });

  it('joins a child with the template of the seed: its bootstrap token vouches for the CA of the parent', async () => {
    await applyObjects(parent.client, clusterInfo(parent));
    await eventually('cluster-info to be signed', async () => {
      const info = await core(parent.client, 'ConfigMap', 'configmaps').get({
        namespace: 'kube-public',
        name: 'cluster-info',
      });
      return (info['data'] as Record<string, string>)['jws-kubeconfig-07401b'];
    });
    await inChild.kubectl(['create', 'ns', SYSTEM]);
    // What envsubst does.
    const values: Readonly<Record<string, string>> = { PARENTURL: parent.server, REGTOKEN };
    const template = readFileSync(join(ROOT, 'deploy/templates/clusternet_agent_secret.yaml'), 'utf8');
    const filled = template.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => values[name] ?? '');
    await inChild.kubectl(['apply', '-f', '-'], filled);
    expect(await apply(inChild, 'deploy/agent')).toContain('deployment.apps/clusternet-agent created');
    const { data } = (await core(child.client, 'Secret', 'secrets').get({
      namespace: SYSTEM,
      name: 'clusternet-agent-cluster-registration',
    })) as unknown as { data: Record<string, string> };
    const secret = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
    const agent = stack.use(
      await start('deploy/agent', 'agent', secret, [
        `--kubeconfig=${await kubeconfigOf(child, 'clusternet-agent')}`,
        '--health-address=127.0.0.1',
        '--secure-port=0',
      ]),
    );
    const cluster = await eventually('the child to be ready', async () => {
      if (agent.exitCode() !== undefined) throw new Error(`its agent ended: ${agent.tail()}`);
      const [found] = (await clustersOf(parent.client).list()).items;
      const isReady = found?.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
      if (isReady !== true) throw new Error(`its agent said: ${agent.tail().slice(-1500)}`);
      return found;
    });
    expect(cluster.spec?.syncMode).toBe('Dual');
    await eventually('the child in the table of the seed', async () => {
      const table = await inParent.kubectl(['get', 'mcls', '-A']);
      if (!/^clusternet-\w+ +clusternet-cluster-\w+ +\S+ +Dual +v1\.\S+ +True /m.test(table))
        throw new Error(table);
      return true;
    });
  });
});
