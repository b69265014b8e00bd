import { createFleet, isApiError } from '@clusternet/client';
import type { ChildCredential, ClusterClient, FollowEvent } from '@clusternet/client';
import { fromKubeConfig, toKubeConfig } from '@clusternet/client/node-config';
import type { KubeObject } from '@clusternet/kube-data';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleApplication } from '../harness/application.ts';
import { applyObjects } from '../harness/apply-files.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { nginxReady, on } from '../harness/journey.ts';
import { createChildVisitor } from '../harness/visitor.ts';

const web = { namespace: 'default', name: 'web' };
const webPod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...web, labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 8080 }] }] },
};

describe(`the SDK, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  const credentials = new Map<string, ChildCredential>();
  let fleet: Fleet;
  let sdk: ReturnType<typeof createFleet>;
  let one: ClusterClient;

  beforeAll(async () => {
    fleet = stack.use(
      await startFleet({
        on,
        children: ['one', 'two'].map((name) => ({
          name,
          syncMode: 'Pull',
          isAppPusherEnabled: false,
          labels: { env: 'demo' },
        })),
      }),
    );
    for (const child of fleet.children) {
      await applyObjects(child.plane.client, [webPod]);
      credentials.set(child.clusterId, { token: await createChildVisitor(child) });
    }
    sdk = stack.use(createFleet(fleet.parent.connection, { credential: (id) => credentials.get(id) }));
    one = sdk.cluster('one');
    for (const { name } of fleet.children.map(({ spec }) => spec))
      await eventually(`the pod of ${name} to run`, async () => {
        const pod = await sdk
          .cluster(name)
          .kind<KubeObject & { status?: { phase?: string } }>('v1/Pod')
          .get(web);
        return pod.status?.phase === 'Running';
      });
  });
  afterAll(() => stack.disposeAsync());

  it('deploys an application everywhere: templates, overrides and a Subscription, all by apply', async () => {
    await eventually('templates to be served', async () => {
      await sdk.templates.kind('apps/v1/Deployment').list();
      return true;
    });
    for (const object of exampleApplication(fleet.child('one').namespace)) await sdk.templates.apply(object);
    await Promise.all([nginxReady(fleet.child('one'), 3), nginxReady(fleet.child('two'), 2)]);
    const ref = { namespace: 'foo', name: 'my-nginx' };
    const template = await sdk.templates.kind('apps/v1/Deployment').get(ref);
    expect(template).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
    await expect(sdk.parent.kind('apps/v1/Deployment').get(ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { status } = await sdk.parent.kind('Subscription').get({ namespace: 'default', name: 'app-demo' });
    expect(status?.bindingClusters).toHaveLength(2);
  });

  it('takes templates over only by force, and patches and deletes them', async () => {
    const maps = sdk.templates.kind('v1/ConfigMap');
    const map = (value: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'foo', name: 'sdk' },
      data: { a: value },
    });
    await maps.apply(map('1'), { fieldManager: 'first' });
    await expect(maps.apply(map('2'), { fieldManager: 'second' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await maps.apply(map('2'), { fieldManager: 'second', force: true });
    const ref = { namespace: 'foo', name: 'sdk' };
    await maps.patch(ref, 'merge', { data: { b: '3' } });
    expect((await maps.get(ref))['data']).toEqual({ a: '2', b: '3' });
    await maps.delete(ref);
    await expect(maps.get(ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('watches a child, and resumes when its connections break', async () => {
    const pods = one.kind('v1/Pod');
    const controller = new AbortController();
    const told: string[] = [];
    const name = ({ object }: Extract<FollowEvent<KubeObject>, { object: unknown }>): string =>
      object.metadata.name ?? '';
    const watching = (async () => {
      for await (const event of pods.watch({ namespace: 'default' }, controller.signal))
        told.push(event.type === 'SYNCED' ? 'SYNCED' : `${event.type} ${name(event)}`);
    })();
    await eventually('the watch to begin', () => Promise.resolve(told.includes('SYNCED')));
    expect(told[0]).toBe('ADDED web');
    await fleet.child('one').agent.stop();
    const late = { ...webPod, metadata: { namespace: 'default', name: 'late' } };
    await applyObjects(fleet.child('one').plane.client, [late]);
    await expect(one.kind('v1/Pod').list()).rejects.toMatchObject({ code: 'CLUSTER_OFFLINE' });
    await fleet.child('one').startAgent();
    await eventually('what happened meanwhile to be told', () =>
      Promise.resolve(told.includes('ADDED late')),
    );
    controller.abort();
    await watching;
  });

  it('reads logs, and follows them until it has enough', async () => {
    const lines: string[] = [];
    for await (const line of one.logs(web, { tailLines: 2 })) lines.push(line);
    expect(lines.length).toBeGreaterThan(0);
    const followed: string[] = [];
    for await (const line of one.logs(web, { follow: true })) {
      followed.push(line);
      break;
    }
    expect(followed).toHaveLength(1);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 500);
    for await (const line of one.logs(web, { follow: true }, controller.signal)) followed.push(line);
    const missing = one.logs({ ...web, name: 'nope' })[Symbol.asyncIterator]();
    await expect(missing.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('runs commands: their input, both outputs and exit codes', async () => {
    const script = 'cat; echo problem >&2; exit 3';
    expect(await one.run(web, ['sh', '-c', script], { input: 'hello\n' })).toEqual({
      exitCode: 3,
      stdout: 'hello\n',
      stderr: 'problem\n',
    });
    const large = 'x'.repeat(1_000_000);
    expect((await one.run(web, ['cat'], { input: large })).stdout).toBe(large);
    await expect(one.run({ ...web, name: 'nope' }, ['true'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(sdk.cluster('north').run(web, ['true'])).rejects.toMatchObject({ code: 'UNKNOWN_CLUSTER' });
  });

  it('has a conversation with a command, and breaks it off', async () => {
    await using session = await one.exec(web, ['cat'], { stdin: true });
    const output = session.output[Symbol.asyncIterator]();
    for (const word of ['one', 'two']) {
      await session.write(word);
      const { value } = await output.next();
      expect(new TextDecoder().decode((value as { data: Uint8Array }).data)).toBe(word);
    }
  });

  it('connects to ports', async () => {
    await using stream = await one.portForward(web, 8080);
    await stream.write('GET /hello HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of stream.output) text += new TextDecoder().decode(chunk);
    expect(text).toContain('pod default/web on port 8080: GET /hello');
    await using closed = await one.portForward(web, 8081);
    await expect(closed.output[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('lists and watches pods of all clusters, and names those that are silent', async () => {
    const pods = sdk.across({ clusterSelector: 'env=demo' }).kind('v1/Pod');
    const where = { namespace: 'default', labelSelector: 'app=web' };
    const namesOf = (list: Awaited<ReturnType<typeof pods.list>>): string[] =>
      list.items.map(({ cluster, object }) => `${cluster.name}/${object.metadata.name ?? ''}`).sort();
    const all = await pods.list(where);
    expect([namesOf(all), all.silent]).toEqual([expect.arrayContaining(['one/web', 'two/web']), []]);

    const controller = new AbortController();
    const told: string[] = [];
    const watching = (async () => {
      for await (const event of pods.watch(where, controller.signal))
        told.push(`${event.type} ${event.cluster.name}`);
    })();
    const heard = (line: string): Promise<true> =>
      eventually(line, () => {
        if (!told.includes(line)) throw new Error(told.join(', '));
        return Promise.resolve<true>(true);
      });
    await heard('SYNCED two');
    await fleet.child('two').agent.stop();
    await heard('SILENT two');
    const some = await pods.list(where);
    expect(namesOf(some)).toContain('one/web');
    expect(some.silent).toMatchObject([{ cluster: { name: 'two' }, error: { code: 'CLUSTER_OFFLINE' } }]);
    await fleet.child('two').startAgent();
    await heard('BACK two');
    controller.abort();
    await watching;
    expect(told.filter((line) => line.startsWith('SILENT'))).toEqual(['SILENT two']);
  });

  it('shares its connections with @kubernetes/client-node, both ways', async () => {
    const ofParent = new KubeConfig();
    ofParent.loadFromString(fleet.parent.kubeconfig);
    const options = { credential: (id: string) => credentials.get(id) };
    await using same = createFleet(await fromKubeConfig(ofParent), options);
    expect((await same.parent.kind('ManagedCluster').list()).items).toHaveLength(2);
    const ofChild = await toKubeConfig(await same.cluster('one').getConnection());
    const { items } = await ofChild.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' });
    expect(items.map(({ metadata }) => metadata?.name)).toContain('web');
  });

  it('says what is missing where one may not', async () => {
    const refused = one.kind('v1/Secret').list({ namespace: 'default' });
    await expect(refused).rejects.toThrow(/cluster one through .* answered 403: secrets is forbidden/);
    const { server, caPem } = fleet.parent;
    await using nobody = createFleet({ server, caPem });
    const error: unknown = await nobody.parent
      .kind('ManagedCluster')
      .list()
      .catch((reason: unknown) => reason);
    expect(isApiError(error, 'FORBIDDEN', 'UNAUTHORIZED')).toBe(true);
  });
});
