import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseYamlDocuments } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTools } from '../conformance/tools.ts';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import { startDeployed } from '../harness/deployed-program.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import type { FleetChild } from '../harness/join-child.ts';
import { core, nginxReady, on } from '../harness/journey.ts';
import { installPlugin } from '../harness/plugin.ts';
import type { Plugin } from '../harness/plugin.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import { requestToken } from '../harness/service-account-token.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createChildVisitor } from '../harness/visitor.ts';

const AGENT = resolve(import.meta.dirname, '../../apps/agent/dist/clusternet-agent.js');
const EXAMPLES = resolve(import.meta.dirname, '../../examples/applications');

/** A binding of a ClusterRole to a group. */
const bindGroup = (name: string, role: string, group: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
});

describe(`kubectl clusternet, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let child: FleetChild;
  let plugin: Plugin;
  let childKubeconfig: string;

  const clusternet = (line: string): Promise<string> => plugin.clusternet(...line.split(' '));
  const inChild = (line: string): Promise<string> =>
    clusternet(`${line} --cluster-id=one --child-kubeconfig=${childKubeconfig}`);

  beforeAll(async () => {
    fleet = stack.use(
      await startFleet({
        on,
        children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } }],
      }),
    );
    child = fleet.child('one');
    plugin = stack.use(installPlugin(fleet.parent.kubeconfig));
    const user = { token: await createChildVisitor(child) };
    // Where it is does not matter: from here the child may be out of reach.
    const unreachable = { name: 'one', server: 'https://192.0.2.1:6443', caPem: child.plane.caPem, user };
    childKubeconfig = plugin.write('one.kubeconfig', formatKubeconfig(unreachable));
    await eventually('templates to be served', async () => {
      const path = '/apis/shadow/v1alpha1';
      const list = await fleet.parent.client.rawJson({ method: 'GET', path, what: 'discover templates' });
      return JSON.stringify(list).includes('"deployments"');
    });
  });
  afterAll(() => stack.disposeAsync());

  describe("the seed's transcript", () => {
    it('applies the application', async () => {
      const folder = join(plugin.folder, 'applications');
      cpSync(EXAMPLES, folder, { recursive: true });
      for (const name of readdirSync(folder)) {
        const text = readFileSync(join(folder, name), 'utf8');
        if (text.includes('kind: Localization'))
          writeFileSync(join(folder, name), text.replace(/^( {2}namespace:).*$/m, `$1 ${child.namespace}`));
      }
      const lines = (await clusternet(`apply -f ${folder}`)).trim().split('\n').sort();
      expect(lines).toEqual([
        'deployment.apps/my-nginx created',
        expect.stringMatching(/^globalization\.apps\.clusternet\.io\/[\w-]+ created$/) as string,
        expect.stringMatching(/^localization\.apps\.clusternet\.io\/[\w-]+ created$/) as string,
        'namespace/foo created',
        'service/my-nginx-svc created',
        'subscription.apps.clusternet.io/app-demo created',
      ]);
      await nginxReady(child, 3);
    });

    it.each([
      ['get subs -A', /^NAMESPACE +NAME +AGE\ndefault +app-demo +\d+s\n$/],
      ['get ns', /^NAME +STATUS +AGE\nfoo /],
      ['get svc -n foo', /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nmy-nginx-svc /],
      ['get deploy -n foo', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nmy-nginx /],
      [
        'get mcls -A',
        /^NAMESPACE +NAME +CLUSTER ID +SYNC MODE +KUBERNETES +STATUS +AGE\nclusternet-\w+ +one +\S+ +Pull +v1\.\S+ +True /,
      ],
      [
        'get desc -A',
        /^NAMESPACE +NAME +DEPLOYER +STATUS +AGE\nclusternet-\w+ +app-demo-\w+-generic +Generic +Success /,
      ],
    ])('%s', async (line, want) => {
      await eventually('what the seed shows', async () => {
        const text = await clusternet(line);
        if (!want.test(text)) throw new Error(text);
        return true;
      });
    });
  });

  it('shows what became of a Subscription, as a table', async () => {
    await eventually('all of it to be well', async () => {
      const text = await clusternet('status app-demo');
      const isWell =
        text.startsWith('Subscription default/app-demo is ready: ') &&
        /^one +Deployment foo\/my-nginx +Healthy +3\/3 +\d+\w$/m.test(text);
      if (!isWell) throw new Error(text);
      return true;
    });
  });

  it('does not cordon a cluster by accident: a taint takes away what is there', async () => {
    const { code, stderr } = await plugin.run(['cordon', 'one']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('what default/app-demo delivered to one would be taken away'),
    ]);
    expect(stderr).toContain('give --evict if that is meant');
    expect(await clusternet('get mcls -A -o jsonpath={.items[*].spec.taints}')).toBe('');
  });

  it('makes templates from flags alone, and nothing in the parent', async () => {
    expect(await clusternet('create configmap flags -n foo --from-literal=a=b')).toBe(
      'configmap/flags created\n',
    );
    expect(await clusternet('get cm flags -n foo -o jsonpath={.data.a}')).toBe('b');
    await expect(
      core(fleet.parent.client, 'ConfigMap', 'configmaps').get({ namespace: 'foo', name: 'flags' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('scales, labels, explains, diffs and deletes templates', async () => {
    expect(await clusternet('scale deploy/my-nginx -n foo --replicas=2')).toContain('scaled');
    expect(await clusternet('label deploy/my-nginx -n foo team=a')).toContain('labeled');
    expect(await clusternet('get deploy -n foo -l team=a -o name')).toBe('deployment.apps/my-nginx\n');
    expect(await clusternet('explain deploy.spec.replicas')).toContain('Number of desired pods');
    const { code, stdout } = await plugin.run(['diff', '-f', join(EXAMPLES, 'deployment.yaml')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\+ {2}replicas: /m);
    expect(await clusternet('delete cm flags -n foo')).toContain('deleted');
  });

  it('watches, and ends with Ctrl-C', async () => {
    const { stdout } = await plugin.run(['get', 'deploy', '-n', 'foo', '-w'], { until: /my-nginx/ });
    expect(stdout).toContain('my-nginx');
  });

  describe('inside a child', () => {
    beforeAll(async () => {
      const spec = { containers: [{ name: 'main', image: 'example.invalid/web' }] };
      await applyObjects(child.plane.client, [
        { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec },
      ]);
      await eventually('the pod to run', () =>
        inChild('exec web')
          .then(() => true)
          .catch(() => inChild('get pod web').then((text) => text.includes('Running'))),
      );
    });

    it('gets, executes and prints logs with a credential of the child', async () => {
      expect(await inChild('get pods')).toMatch(/^web +1\/1 +Running /m);
      const exec = ['exec', 'web', '--cluster-id=one', `--child-kubeconfig=${childKubeconfig}`];
      expect(await plugin.clusternet(...exec, '--', 'echo', '--cluster-id', 'x')).toBe('--cluster-id x\n');
      expect(await inChild('logs web --tail=1')).not.toBe('');
      const { code, stderr } = await plugin.run([
        'get',
        'secrets',
        `--cluster-id=${child.clusterId}`,
        `--child-kubeconfig=${childKubeconfig}`,
      ]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('system:serviceaccount:default:visitor')]);
    });

    it('copies files both ways', async () => {
      const sent = plugin.write('sent', 'a line\n'.repeat(1000));
      await inChild(`cp ${sent} web:sent`);
      const back = join(plugin.folder, 'back');
      await inChild(`cp web:sent ${back}`);
      expect(readFileSync(back, 'utf8')).toBe(readFileSync(sent, 'utf8'));
    });

    it('forwards ports', async () => {
      let answer = '';
      await plugin.run(
        ['port-forward', 'pod/web', ':80', '--cluster-id=one', `--child-kubeconfig=${childKubeconfig}`],
        {
          until: /-> 80\n/,
          meanwhile: async (stdout) => {
            const [, port = ''] = /127\.0\.0\.1:(\d+) -> 80/.exec(stdout) ?? [];
            answer = String((await fetch(`http://127.0.0.1:${port}/`)).status);
          },
        },
      );
      expect(answer).toBe('200');
    });

    it('attaches', async () => {
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'attacher' };
      const metadata = { name: 'attacher', namespace: 'default' };
      await applyObjects(child.plane.client, [
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata,
          rules: [{ apiGroups: [''], resources: ['pods/attach'], verbs: ['get', 'create'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata,
          roleRef,
          subjects: [{ kind: 'ServiceAccount', name: 'visitor', namespace: 'default' }],
        },
      ]);
      const flags = ['--cluster-id=one', `--child-kubeconfig=${childKubeconfig}`];
      const { stdout, stderr } = await plugin.run(['attach', 'web', ...flags], { until: /\n/ });
      expect(stdout, stderr).not.toBe('');
    });

    it('prints a kubeconfig with which kubectl gets there by itself', async () => {
      const kubeconfig = await clusternet(`kubeconfig one --child-kubeconfig=${childKubeconfig}`);
      using tools = createTools({ kubeconfig });
      expect(await tools.kubectl(['get', 'pods', '-o', 'name'])).toContain('pod/web');
    });

    it('says what helps where one arrives as nobody', async () => {
      const { code, stderr } = await plugin.run(['get', 'pods', '--cluster-id=one']);
      expect(code).toBe(1);
      expect(stderr).toContain('one refused something: without --child-kubeconfig you arrive as yourself');
    });

    it('arrives as oneself where the child lets one in', async () => {
      await applyObjects(fleet.parent.client, [
        bindGroup('visitors', 'clusternet:system:socketsproxy', 'visitors'),
        bindGroup('visitors-see-clusters', 'visitors-see-clusters', 'visitors'),
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'visitors-see-clusters' },
          rules: [{ apiGroups: ['clusters.clusternet.io'], resources: ['managedclusters'], verbs: ['list'] }],
        },
      ]);
      await applyObjects(child.plane.client, readObjects('manifests/visiting/own_identity.yaml'));
      await eventually('to be somebody there', async () => {
        const whoami = 'auth whoami -o jsonpath={.status.userInfo.username}';
        return (await clusternet(`${whoami} --cluster-id one --as jane --as-group visitors`)) === 'jane';
      });
    });
  });

  describe('completion', () => {
    const offers = async (words: readonly string[], isPlain = false): Promise<string> => {
      const { code, stdout } = await plugin.run(words, { isPlain });
      expect(code).toBe(0);
      return stdout;
    };

    it('offers templates, as kubectl finds them', async () => {
      expect(await offers(['__complete', 'get', 'deploy', '-n', 'foo', ''])).toMatch(/^my-nginx\n[^]*:4\n$/m);
      expect(await offers(['__complete', 'get', 'deploy', '--out'])).toContain('--output');
      expect(await offers(['__complete', 'get', 'subsc'])).toContain('subscriptions.apps.clusternet.io');
    });

    it('offers what is in a cluster', async () => {
      const flags = ['--cluster-id=one', `--child-kubeconfig=${childKubeconfig}`];
      expect(await offers(['__complete', 'get', 'pods', ...flags, ''])).toMatch(/^web\n/m);
      expect(await offers(['__complete', 'logs', ''])).toBe('--cluster-id\n:4\n');
    });

    it('offers clusters, wherever one is wanted', async () => {
      const one = `one\t${child.clusterId}\n:4\n`;
      expect(await offers(['__complete', 'doctor', ''])).toBe(one);
      expect(await offers(['__complete', 'get', 'pods', '--cluster-id', 'o'])).toBe(one);
      expect(await offers(['__complete', 'get', 'pods', '--clusters=one,'])).toBe(`--clusters=one,${one}`);
      expect(await offers(['__complete', 'status', ''])).toBe('app-demo\n:4\n');
    });

    it("is found by kubectl's own completion", async () => {
      plugin.write('kubectl_complete-clusternet', await clusternet('completion kubectl'), 0o700);
      expect(await offers(['__complete', 'clusternet', 'doctor', ''], true)).toContain(
        `one\t${child.clusterId}`,
      );
    });

    it('offers nothing, and says nothing, where there is no parent', async () => {
      const words = ['__complete', '--server=https://127.0.0.1:1', 'doctor', ''];
      expect(await plugin.run(words)).toEqual({ code: 0, stdout: ':4\n', stderr: '' });
    });
  });

  it('prints what a cluster has to apply to join, and it does', async () => {
    await using east = await startPlane(on, 'east');
    const text = await clusternet('join east --sync-mode Pull');
    using inEast = createTools(east);
    await inEast.kubectl(['apply', '-f', '-'], text);
    const objects = parseYamlDocuments(text) as unknown as KubeObject[];
    const registration = objects.find(
      ({ kind, metadata }) => kind === 'Secret' && metadata.name !== 'clusternet-app-deployer',
    );
    const user = { token: await requestToken(east.client, 'clusternet-system', 'clusternet-agent') };
    const { server, caPem } = east;
    const kubeconfig = plugin.write('agent', formatKubeconfig({ name: 'east', server, caPem, user }));
    await using agent = await startDeployed(objects, AGENT, {
      secret: registration?.['stringData'] as Record<string, string>,
      folder: plugin.folder,
      flags: [`--kubeconfig=${kubeconfig}`, '--health-address=127.0.0.1', '--secure-port=0'],
    });
    await eventually('east to be ready', async () => {
      if (agent.exitCode() !== undefined) throw new Error(`its agent ended: ${agent.tail()}`);
      const table = await clusternet('get mcls -A');
      if (!/ east +\S+ +Pull +v1\.\S+ +True /.test(table)) throw new Error(table + agent.tail().slice(-500));
      return true;
    });
  });

  it.each([
    { line: 'logs web', code: 2, says: 'logs is for what runs in a cluster; say in which with --cluster-id' },
    { line: 'get pods --child-kubeconfig=x', code: 2, says: '--child-kubeconfig needs --cluster-id' },
    { line: 'gte pods', code: 2, says: 'gte is not a command' },
    { line: 'get pods --cluster-id north', code: 1, says: 'there is no cluster north: there are ' },
    {
      line: 'get ns --context nope',
      code: 1,
      says: 'names no cluster to talk to; give --kubeconfig or --context',
    },
    { line: 'deny nobody', code: 1, says: 'no cluster nobody has asked to join' },
  ])('says in one sentence what is wrong with: $line', async ({ line, code, says }) => {
    const result = await plugin.run(line.split(' '));
    expect(result.stderr).toContain(says);
    expect(result.stderr).not.toContain('    at ');
    expect(result.code).toBe(code);
  });

  it('says that kubectl is missing', async () => {
    const { code, stderr } = await plugin.run(['get', 'ns'], { hasKubectl: false });
    expect([code, stderr]).toEqual([1, expect.stringContaining('kubectl is not on the PATH')]);
  });
});
