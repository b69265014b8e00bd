import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isApiError } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import { parseYamlDocuments } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import { capiCluster, capiKinds, clustersIn, resourceSetsIn } from '../harness/cluster-api.ts';
import type { RunningProcess } from '../harness/child-process.ts';
import { startDeployed } from '../harness/deployed-program.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { clustersOf } from '../harness/join-child.ts';
import { core, on } from '../harness/journey.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import type { Plane } from '../harness/plane.ts';
import { writeSecretFile } from '../harness/secret-file.ts';
import { requestToken } from '../harness/service-account-token.ts';
import { startHub } from '../harness/start-hub.ts';
import { startPlane } from '../harness/start-plane.ts';

const AGENT = resolve(import.meta.dirname, '../../apps/agent/dist/clusternet-agent.js');
const CAPI = 'capi-system';
const TEAM = 'team-a';
const NAME = 'clusternet-agent-east';

/** Cluster API itself is not here: the test does what its controllers do with the objects that the hub makes. */
describe(`clusters that Cluster API makes, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let management: Plane;
  let east: Plane;
  let agent: RunningProcess | undefined;

  beforeAll(async () => {
    [management, east] = await Promise.all([startPlane(on, 'management'), startPlane(on, 'east')]);
    stack.use(management);
    stack.use(east);
    const namespaces = [CAPI, TEAM].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    await applyObjects(management.client, [...namespaces, ...capiKinds()]);
    await applyObjects(management.client, [...readObjects('deploy/cluster-api'), capiCluster(TEAM, 'east')]);
    await setPhase('east', 'Provisioned');
    fleet = await startFleet({
      on,
      children: [],
      startHub: async (parent, folder) => {
        const user = { token: await requestToken(management.client, CAPI, 'clusternet-hub') };
        const { server, caPem } = management;
        const text = formatKubeconfig({ name: 'management', server, caPem, user });
        const file = writeSecretFile(folder, 'management.kubeconfig', text);
        return startHub(parent, folder, [`--cluster-api-kubeconfig=${file}`]);
      },
    });
  });
  afterAll(async () => {
    await agent?.stop();
    await stack.disposeAsync();
    await fleet[Symbol.asyncDispose]();
  });

  const setPhase = async (name: string, phase: string): Promise<void> => {
    await clustersIn(management).patch({ namespace: TEAM, name }, 'merge', { status: { phase } });
  };
  const set = (name = NAME) => resourceSetsIn(management).get({ namespace: TEAM, name });
  /** What Cluster API would apply in the new cluster. */
  const handedOver = async (): Promise<KubeObject[]> => {
    const secrets = core(management.client, 'Secret', 'secrets');
    const { data } = (await secrets.get({ namespace: TEAM, name: NAME })) as KubeObject & {
      data: Record<string, string>;
    };
    const text = Buffer.from(data['agent.yaml'] ?? '', 'base64').toString('utf8');
    return parseYamlDocuments(text) as unknown as KubeObject[];
  };
  const isGone = (get: Promise<unknown>): Promise<boolean> =>
    get.then(() => false).catch((error: unknown) => isApiError(error, 'NOT_FOUND'));

  it('says on the object what is missing before one can join', async () => {
    const events = core(management.client, 'Event', 'events');
    const event = await eventually('an event of the Cluster', async () => {
      const { items } = await events.list({ namespace: TEAM });
      return items.find((item) => item['reason'] === 'CannotJoin');
    });
    expect(event['message']).toContain('there is no Secret capi-system/clusternet-cluster-api');
  });

  it('A §11.3-42: hands the agent to a cluster that was there before the hub', async () => {
    await applyObjects(management.client, [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: CAPI, name: 'clusternet-cluster-api' },
        stringData: {
          parentURL: fleet.parent.server,
          regToken: '07401b.f395accd246ae52d',
          parentCA: fleet.parent.caPem,
        },
      },
    ]);
    const { spec, metadata } = await eventually('the ClusterResourceSet', () => set());
    expect(spec).toMatchObject({
      clusterSelector: { matchLabels: { 'cluster.x-k8s.io/cluster-name': 'east' } },
      resources: [{ kind: 'Secret', name: NAME }],
    });
    const cluster = await clustersIn(management).get({ namespace: TEAM, name: 'east' });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Cluster', uid: cluster.metadata.uid }]);
    expect(cluster.metadata.labels).toMatchObject({ 'cluster.x-k8s.io/cluster-name': 'east' });
  });

  it('A §11.3-43: what is applied there is whole: the agent joins, under the name of its Cluster', async () => {
    const objects = await handedOver();
    await applyObjects(east.client, objects);
    const secret = objects.find(
      ({ kind, metadata }) => kind === 'Secret' && metadata.name === 'clusternet-agent-cluster-registration',
    );
    const folder = mkdtempSync(join(fleet.folder, 'east-'));
    const user = { token: await requestToken(east.client, 'clusternet-system', 'clusternet-agent') };
    const { server, caPem } = east;
    const kubeconfig = writeSecretFile(
      folder,
      'east.kubeconfig',
      formatKubeconfig({ name: 'east', server, caPem, user }),
    );
    agent = await startDeployed(objects, AGENT, {
      secret: secret?.['stringData'] as Record<string, string>,
      folder,
      flags: [`--kubeconfig=${kubeconfig}`, '--secure-port=0', '--health-address=127.0.0.1'],
    });
    const member = await eventually('it to be ready', async () => {
      const { items } = await clustersOf(fleet.parent.client).list();
      const found = items.find(({ metadata }) => metadata.name === 'east');
      const ready = findCondition(found?.status?.conditions, 'Ready');
      return ready?.status === 'True' ? found : undefined;
    });
    expect(member.metadata.labels).toMatchObject({
      'cluster.x-k8s.io/cluster-name': 'east',
      'cluster.x-k8s.io/cluster-namespace': TEAM,
    });
  });

  it('hands it to one that is provisioned later, when it is', async () => {
    await applyObjects(management.client, [capiCluster(TEAM, 'west')]);
    await setPhase('west', 'Provisioning');
    await setPhase('west', 'Provisioned');
    await eventually('the ClusterResourceSet of west', () => set('clusternet-agent-west'));
  });

  it('A §11.3-44: lets a cluster go that Cluster API has deleted', async () => {
    await agent?.stop();
    await clustersIn(management).delete({ namespace: TEAM, name: 'east' });
    await eventually('it to leave the fleet', async () => {
      const { items } = await clustersOf(fleet.parent.client).list();
      return items.every(({ metadata }) => metadata.name !== 'east');
    });
    if (on === 'real') await eventually('its set to go with it', () => isGone(set()));
  });
});
