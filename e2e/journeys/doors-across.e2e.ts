import { resolve } from 'node:path';
import { parseJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTools } from '../conformance/tools.ts';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import type { RunningProcess } from '../harness/child-process.ts';
import { startDeployed } from '../harness/deployed-program.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import type { FleetChild } from '../harness/join-child.ts';
import { core, deployments, on } from '../harness/journey.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import type { Plane } from '../harness/plane.ts';
import { installPlugin } from '../harness/plugin.ts';
import type { Plugin } from '../harness/plugin.ts';
import { requestToken } from '../harness/service-account-token.ts';
import { startPlane } from '../harness/start-plane.ts';

const AGENT = resolve(import.meta.dirname, '../../apps/agent/dist/clusternet-agent.js');

const RBAC = 'rbac.authorization.k8s.io';

/** A ClusterRole, and a binding of it to somebody. */
const grant = (name: string, rules: readonly object[], subject: { kind: 'Group' | 'User'; name: string }) => [
  { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: RBAC, ...subject }],
  },
];
const read = (apiGroups: string[], resources: string[]) => ({ apiGroups, resources, verbs: ['get', 'list'] });

describe(`kubectl clusternet across clusters, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let plugin: Plugin;
  let two: FleetChild;

  const clusternet = (line: string) => plugin.run(line.split(' '));
  const asJane = (line: string) => clusternet(`${line} --as jane --as-group visitors`);

  beforeAll(async () => {
    fleet = stack.use(
      await startFleet({
        on,
        children: [
          { name: 'one', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'prod' } },
          { name: 'two', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'test' } },
        ],
      }),
    );
    two = fleet.child('two');
    plugin = stack.use(installPlugin(fleet.parent.kubeconfig));
    await applyObjects(fleet.parent.client, [
      ...grant('sees-clusters', [read(['clusters.clusternet.io'], ['managedclusters'])], {
        kind: 'Group',
        name: 'visitors',
      }),
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'visitors' },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'clusternet:system:socketsproxy' },
        subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'visitors' }],
      },
    ]);
    for (const { plane, spec } of fleet.children) {
      await applyObjects(plane.client, readObjects('manifests/visiting/own_identity.yaml'));
      await applyObjects(plane.client, [
        ...grant('jane', [read([''], ['configmaps'])], { kind: 'User', name: 'jane' }),
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `of-${spec.name}`, namespace: 'default' },
          data: { a: 'b' },
        },
      ]);
    }
    await eventually('to be let in everywhere', async () => {
      const { code, stderr } = await asJane('get cm --clusters all');
      if (code !== 0) throw new Error(stderr);
      return true;
    });
  });
  afterAll(() => stack.disposeAsync());

  it('shows what all clusters have in one table', async () => {
    const { code, stdout, stderr } = await asJane('get cm --clusters all -l !x');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^CLUSTER +NAME +DATA +AGE\n/);
    expect(stdout).toMatch(/^one +of-one +1 +\d+s$/m);
    expect(stdout).toMatch(/^two +of-two +1 +\d+s$/m);
    expect(stdout.split('CLUSTER')).toHaveLength(2);
  });

  it.each([
    ['env=prod', 'one configmap/of-one\n'],
    ['two', 'two configmap/of-two\n'],
    ['one,two', 'two configmap/of-two\n'],
  ])('--clusters %s -o name', async (which, want) => {
    const { stdout } = await asJane(`get cm --clusters ${which} -o name`);
    expect(stdout).toContain(want);
    if (which !== 'one,two') expect(stdout).not.toMatch(which === 'two' ? /^one/m : /^two/m);
  });

  it('finds one object wherever it is, and prints it as JSON with its place', async () => {
    const { code, stdout } = await asJane('get cm/of-two --clusters all -o json');
    expect(code).toBe(0);
    const annotations = {
      'clusters.clusternet.io/cluster-name': 'two',
      'clusters.clusternet.io/cluster-id': two.clusterId,
    };
    expect(parseJson(stdout)).toMatchObject({
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'of-two', annotations } }],
    });
    const none = await asJane('get cm/nowhere --clusters all');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('"nowhere" not found in any of 2')]);
  });

  it('says what one may not see', async () => {
    const { code, stdout, stderr } = await asJane('get secrets --clusters all');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      'error: 2 of 2 clusters did not answer:\n  one: list secrets: cluster one through',
    );
    expect(stderr).toContain('User "jane" cannot list resource "secrets"');
  });

  describe('doctor', () => {
    it('finds nothing broken where all is well', async () => {
      const { code, stdout, stderr } = await clusternet('doctor');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^ok +parent +https:\S+ answers, Kubernetes v1\./m);
      expect(stdout).toMatch(/^ok +apiservice v1alpha1\.proxies\.clusternet\.io /m);
      expect(stdout).toMatch(/^ok +apiservice v1alpha1\.shadow /m);
      expect(stdout).toMatch(/^ok +login +your client certificate counts until /m);
      expect(stdout).toMatch(/^ok +certificate +the authority of hubs counts until /m);
      expect(stdout).toMatch(
        /^ok +cluster one +agent and tunnel work, Kubernetes v1\.\S+; you are nobody there$/m,
      );
      expect(stdout).toMatch(/\n\nNothing is broken[^]*\.\n$/);
    });

    it('tells a person what they may not do, and the command that gives them the right, which does', async () => {
      const { code, stdout } = await clusternet('doctor one --as carol');
      expect(code).toBe(0);
      const lacks = 'WARN  rights                                    carol may not reach inside clusters';
      expect(stdout.replaceAll(/ {2,}/g, '  ')).toContain(lacks.replaceAll(/ {2,}/g, '  '));
      const [, mend = ''] = /reach inside clusters\n +\$ kubectl (.+)\n/.exec(stdout) ?? [];
      using tools = createTools({ kubeconfig: fleet.parent.kubeconfig });
      await tools.kubectl(mend.split(' '));
      await eventually('the right to count', async () => {
        const { stdout: now } = await clusternet('doctor one --as carol');
        return !now.includes('carol may not reach inside clusters');
      });
    });

    it('says that a login does not count', async () => {
      const { code, stdout } = await clusternet(
        'doctor --token nobody --client-certificate /dev/null --client-key /dev/null',
      );
      expect(stdout).toMatch(/^FAIL +parent +https:\S+ does not take your login/m);
      expect(code).toBe(1);
    });

    it('says that nobody is there', async () => {
      const { code, stdout } = await clusternet('doctor --server https://127.0.0.1:1');
      expect(stdout).toMatch(/^FAIL +parent +parent https:\/\/127\.0\.0\.1:1 cannot be reached/m);
      expect(code).toBe(1);
    });
  });

  it('names a cluster that is silent, after what the others have', async () => {
    await two.agent.stop();
    const { code, stdout, stderr } = await eventually('the tunnel to be missed', async () => {
      const result = await asJane('get cm --clusters all --request-timeout 5s');
      return result.code === 3 ? result : undefined;
    });
    expect(code).toBe(3);
    expect(stdout).toContain('of-one');
    expect(stderr).toMatch(/^warning: 1 of 2 clusters did not answer:\n {2}two: /);
    expect(stderr).toContain('whose agent is disconnected');
  });

  it('doctor says which agent is silent, and that there is no way into its cluster', async () => {
    await eventually('the doctor to see it', async () => {
      const { code, stdout } = await clusternet('doctor two');
      const isSeen =
        /^FAIL +cluster two +its agent is silent, and reported last \d+\w ago: /m.test(stdout) &&
        /^FAIL +cluster two +there is no way into it: .*whose agent is disconnected\n +\$ kubectl --context=CHILD /m.test(
          stdout,
        );
      if (!isSeen) throw new Error(stdout);
      expect(code).toBe(1);
      return true;
    });
  });

  it('doctor says that an APIService is gone, and mends it by its word', async () => {
    using tools = createTools({ kubeconfig: fleet.parent.kubeconfig });
    const kept = await tools.kubectl(['get', 'apiservice', 'v1alpha1.shadow', '-o', 'json']);
    await tools.kubectl(['delete', 'apiservice', 'v1alpha1.shadow']);
    await eventually('the doctor to see it', async () => {
      const { stdout } = await clusternet('doctor one');
      return /^FAIL +apiservice v1alpha1\.shadow +it does not exist, so everything with templates/m.test(
        stdout,
      );
    });
    const { code, stderr } = await clusternet('get deploy');
    expect([code, stderr]).toEqual([1, expect.stringContaining('kubectl clusternet doctor')]);
    const { metadata: _, status: __, ...rest } = JSON.parse(kept) as Record<string, unknown>;
    await tools.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ ...rest, metadata: { name: 'v1alpha1.shadow' } }),
    );
    await eventually('it to be well', async () => (await clusternet('doctor one')).code === 0);
  });

  it('cordons, taints and uncordons a cluster', async () => {
    const taints = async (): Promise<unknown> => {
      const { items } = await fleet.clusters.list();
      return items.find(({ metadata }) => metadata.name === 'one')?.spec?.taints ?? [];
    };
    const said = async (line: string): Promise<string> => (await clusternet(line)).stdout;
    expect(await said('cordon one')).toBe('managedcluster.clusters.clusternet.io/one cordoned\n');
    expect(await said('taint one team=a:PreferNoSchedule')).toContain('one tainted');
    expect(await taints()).toEqual([
      { key: 'clusters.clusternet.io/cordoned', effect: 'NoSchedule' },
      { key: 'team', value: 'a', effect: 'PreferNoSchedule' },
    ]);
    expect(await said('doctor one')).toMatch(
      /^WARN +cluster one +it is cordoned\n +\$ kubectl clusternet uncordon one$/m,
    );
    expect(await said('uncordon one')).toContain('one uncordoned');
    expect(await said('taint one team-')).toContain('one tainted');
    expect(await taints()).toEqual([]);
    expect(await clusternet('taint one team-')).toMatchObject({
      code: 2,
      stderr: 'error: there is no taint team to remove\n',
    });
  });

  it('joins a cluster, and sees it arrive', async () => {
    await using east = await startPlane(on, 'east');
    const admin = plugin.write('east.kubeconfig', east.kubeconfig);
    const joined = clusternet(`join east --sync-mode Pull --child-kubeconfig ${admin} --timeout 50s`);
    await using agent = await eventually('the agent to be installed', () => startAgentOf(east, plugin));
    const { code, stdout, stderr } = await joined;
    expect([code, stderr], agent.tail()).toEqual([0, '']);
    expect(stdout).toContain('deployment.apps/clusternet-agent created\n');
    expect(stdout).toMatch(/\neast is ready\n$/);
    const again = await clusternet('join east');
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining('there is a cluster east already'),
    ]);
  });

  it('lets a cluster go that is gone already', async () => {
    expect(await clusternet('unjoin two')).toMatchObject({ code: 2 });
    const { code, stdout, stderr } = await clusternet('unjoin two --delivered Force');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^managedcluster\.clusters\.clusternet\.io\/two is leaving\n[^]*two has left; its agent is stopped in/,
    );
    expect((await clusternet('get cm --clusters two')).stderr).toContain('there is no cluster two');
  });
});

/** Runs the agent that was installed in a cluster, as a kubelet there would. */
async function startAgentOf(plane: Plane, plugin: Plugin): Promise<RunningProcess> {
  const { client, server, caPem } = plane;
  const namespace = 'clusternet-system';
  const deployment = await deployments(client).get({ namespace, name: 'clusternet-agent' });
  const name = 'clusternet-agent-cluster-registration';
  const { data = {} } = (await core(client, 'Secret', 'secrets').get({ namespace, name })) as KubeObject & {
    readonly data?: Readonly<Record<string, string>>;
  };
  const user = { token: await requestToken(client, namespace, 'clusternet-agent') };
  const kubeconfig = plugin.write(
    'agent.kubeconfig',
    formatKubeconfig({ name: plane.name, server, caPem, user }),
  );
  return await startDeployed([deployment], AGENT, {
    secret: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    ),
    folder: plugin.folder,
    flags: [`--kubeconfig=${kubeconfig}`, '--health-address=127.0.0.1', '--secure-port=0'],
  });
}
