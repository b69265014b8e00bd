/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the generated models are classes that everybody, their own examples included, fills with plain objects */
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  Attach,
  AuthorizationV1Api,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  Metrics,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  topNodes,
  Watch,
} from '@kubernetes/client-node';
import type { V1ConfigMap, V1Deployment, V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';

const namespace = 'default';

/** Everything that comes out of a stream so far. */
function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

/** What programs in JavaScript do: the client of the Kubernetes project, used as its examples do. */
describe(`@kubernetes/client-node on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let config: KubeConfig;
  let core: CoreV1Api;
  let folder: string;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'client-node'));
    stack.use(startNode(plane));
    folder = mkdtempSync(join(tmpdir(), 'clusternet-client-node-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    config = new KubeConfig();
    config.loadFromString(plane.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    await eventually('the service account', () =>
      core.readNamespacedServiceAccount({ namespace, name: 'default' }),
    );
    await runPod('web');
  });
  afterAll(() => stack.disposeAsync());

  const runPod = async (name: string): Promise<void> => {
    const containers = [{ name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 80 }] }];
    await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec: { containers } } });
    await eventually('the pod to run', async () => {
      const { status } = await core.readNamespacedPod({ namespace, name });
      return status?.phase === 'Running';
    });
  };
  const create = (name: string, labels: Record<string, string> = {}): Promise<V1ConfigMap> =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels }, data: { a: '1' } } });

  it('creates, reads, lists, replaces and deletes', async () => {
    const made = await create('life', { tier: 'one' });
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const read = await core.readNamespacedConfigMap({ namespace, name: 'life' });
    read.data = { a: '2' };
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'life', body: read });
    expect(replaced.data).toEqual({ a: '2' });
    const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'tier=one' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['life']);
    const status = await core.deleteNamespacedConfigMap({ namespace, name: 'life' });
    expect(status).toMatchObject({ status: 'Success', details: { name: 'life' } });
  });

  it('gives codes and reasons of what fails', async () => {
    const missing = core.readNamespacedConfigMap({ namespace, name: 'missing' });
    const error = await missing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ApiException);
    expect(error).toMatchObject({ code: 404, body: expect.stringContaining('"reason":"NotFound"') });
  });

  it.each([
    { strategy: PatchStrategy.JsonPatch, body: [{ op: 'replace', path: '/data/a', value: '2' }] },
    { strategy: PatchStrategy.MergePatch, body: { data: { a: '2' } } },
    { strategy: PatchStrategy.StrategicMergePatch, body: { data: { a: '2' } } },
    {
      strategy: PatchStrategy.ServerSideApply,
      body: { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '2' } },
    },
  ])('patches as $strategy', async ({ strategy, body }) => {
    const name = `patched-${strategy.replaceAll(/[^a-z]/g, '-')}`;
    await create(name);
    const patched = await core.patchNamespacedConfigMap(
      {
        namespace,
        name,
        body,
        ...(strategy === PatchStrategy.ServerSideApply ? { fieldManager: 'test', force: true } : {}),
      },
      setHeaderOptions('Content-Type', strategy),
    );
    expect(patched.data).toEqual({ a: '2' });
  });

  it('lists in pages', async () => {
    for (const index of [1, 2, 3]) await create(`page-${index}`, { paged: 'yes' });
    const request = { namespace, labelSelector: 'paged=yes', limit: 2 };
    const first = await core.listNamespacedConfigMap(request);
    const second = await core.listNamespacedConfigMap({
      ...request,
      _continue: first.metadata?._continue ?? '',
    });
    expect([first.items.length, second.items.length]).toEqual([2, 1]);
  });

  it('reads and writes kinds it was not made with', async () => {
    const definitions = config.makeApiClient(ApiextensionsV1Api);
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    };
    await definitions.createCustomResourceDefinition({
      body: {
        metadata: { name: 'probes.node.example.com' },
        spec: {
          group: 'node.example.com',
          scope: 'Namespaced',
          names: { plural: 'probes', singular: 'probe', kind: 'Probe' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      },
    });
    const probe = { apiVersion: 'node.example.com/v1', kind: 'Probe', metadata: { name: 'one', namespace } };
    const made = await eventually('the kind', () =>
      KubernetesObjectApi.makeApiClient(config).create({ ...probe, spec: { size: 1 } }),
    );
    expect(made).toMatchObject({ spec: { size: 1 } });
    const objects = KubernetesObjectApi.makeApiClient(config);
    const patch = { ...probe, spec: { size: 2 } };
    const patched = await objects.patch(
      patch,
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    );
    expect(patched).toMatchObject({ spec: { size: 2 } });
    const list = await objects.list('node.example.com/v1', 'Probe', namespace);
    expect(list.items).toHaveLength(1);
    await objects.delete(probe);
    await expect(objects.read(probe)).rejects.toMatchObject({ code: 404 });
  });

  it('watches', async () => {
    const seen: string[] = [];
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const ended = Promise.withResolvers<unknown>();
    const watch = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, labelSelector: 'watched=yes' },
      (phase, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name ?? ''}`),
      ended.resolve,
    );
    await create('watched', { watched: 'yes' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await eventually('both events', () => seen.length >= 2);
    watch.abort();
    await ended.promise;
    expect(seen).toEqual(['ADDED watched', 'DELETED watched']);
  });

  it('keeps a cache by an informer', async () => {
    await create('cached-before', { cached: 'yes' });
    const labelSelector = 'cached=yes';
    const list = (): ReturnType<CoreV1Api['listNamespacedConfigMap']> =>
      core.listNamespacedConfigMap({ namespace, labelSelector });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, labelSelector);
    const seen: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, (object) => seen.push(`${verb} ${object.metadata?.name ?? ''}`));
    await informer.start();
    await create('cached-later', { cached: 'yes' });
    await core.patchNamespacedConfigMap(
      { namespace, name: 'cached-before', body: { data: { a: '2' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await core.deleteNamespacedConfigMap({ namespace, name: 'cached-later' });
    await eventually('the deletion', () => seen.includes('delete cached-later'));
    await informer.stop();
    expect(seen).toEqual([
      'add cached-before',
      'add cached-later',
      'update cached-before',
      'delete cached-later',
    ]);
    expect(informer.get('cached-before', namespace)?.data).toEqual({ a: '2' });
  });

  it('scales, and asks what it may', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'scaled' };
    const body: V1Deployment = {
      metadata: { name: 'scaled' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'main', image: 'example.invalid/scaled' }] },
        },
      },
    };
    await apps.createNamespacedDeployment({ namespace, body });
    // A controller writes to it at the same time.
    await eventually('the scale', async () => {
      const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'scaled' });
      scale.spec = { replicas: 1 };
      return apps.replaceNamespacedDeploymentScale({ namespace, name: 'scaled', body: scale });
    });
    await eventually('the replica', async () => {
      const { status } = await apps.readNamespacedDeployment({ namespace, name: 'scaled' });
      return status?.readyReplicas === 1;
    });
    const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { namespace, verb: 'delete', resource: 'pods' } } },
    });
    expect(review.status?.allowed).toBe(true);
  });

  it('asks for a token and uses it', async () => {
    const { status } = await core.createNamespacedServiceAccountToken({
      namespace,
      name: 'default',
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    });
    const other = new KubeConfig();
    other.loadFromOptions({
      clusters: config.clusters,
      users: [{ name: 'robot', token: status?.token }],
      contexts: [{ name: 'robot', cluster: config.getCurrentCluster()?.name, user: 'robot' }],
      currentContext: 'robot',
    });
    await expect(other.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })).rejects.toMatchObject({
      code: 403,
      body: expect.stringContaining('system:serviceaccount:default:default'),
    });
  });

  describe('streams', () => {
    const run = async (
      command: string[],
      input?: Readable,
      tty = false,
    ): Promise<[string, string, V1Status]> => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const [out, err] = [collect(stdout), collect(stderr)];
      const status = await new Promise<V1Status>((resolve, reject) => {
        new Exec(config)
          .exec(namespace, 'web', 'main', command, stdout, tty ? null : stderr, input ?? null, tty, resolve)
          .catch(reject);
      });
      return [out(), err(), status];
    };

    it('runs commands, and gives outputs and the outcome', async () => {
      const [out, err, status] = await run(['sh', '-c', 'echo out; echo err >&2']);
      expect([out, err, status.status]).toEqual(['out\n', 'err\n', 'Success']);
    });

    it('gives the exit code', async () => {
      const [, , status] = await run(['sh', '-c', 'exit 7']);
      expect(status).toMatchObject({
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '7' }] },
      });
    });

    it('passes input on, and ends it', async () => {
      const text = 'line\n'.repeat(10_000);
      const [out] = await run(['cat'], Readable.from([text]));
      expect(out).toBe(text);
    });

    it('has one output with a terminal', async () => {
      const [out, err] = await run(['sh', '-c', 'echo out; echo err >&2'], undefined, true);
      expect(out).toMatch(/out\r?\nerr\r?\n/);
      expect(err).toBe('');
    });

    it('forwards a port', async () => {
      const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const [out, err] = [collect(output), collect(errors)];
      const socket = await new PortForward(config).portForward(namespace, 'web', [80], output, errors, input);
      input.write('GET /there HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
      await eventually('the answer', () => out().includes('pod default/web on port 80: GET /there\n'));
      if (typeof socket !== 'function') socket.close();
      expect(err()).toBe('');
    });

    it('says that a port is closed', async () => {
      const [output, errors] = [new PassThrough(), new PassThrough()];
      const err = collect(errors);
      const socket = await new PortForward(config).portForward(
        namespace,
        'web',
        [81],
        output,
        errors,
        new PassThrough(),
      );
      await eventually('why', () => err().includes('connection refused'));
      if (typeof socket !== 'function') socket.close();
    });

    it('copies files there and back', async () => {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      for (const path of [from, to]) mkdirSync(path);
      const text = 'x'.repeat(300_000);
      writeFileSync(join(from, 'file.txt'), text);
      const cp = new Cp(config);
      await cp.cpToPod(namespace, 'web', 'main', from, '/tmp');
      await eventually('the file there', async () => {
        const [out] = await run(['wc', '-c', '/tmp/file.txt']);
        return out.startsWith('300000');
      });
      await cp.cpFromPod(namespace, 'web', 'main', 'file.txt', to, '/tmp');
      await eventually('the file here', () => readFileSync(join(to, 'file.txt'), 'utf8') === text);
    });

    it('attaches', async () => {
      const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const out = collect(stdout);
      const socket = await new Attach(config).attach(namespace, 'web', 'main', stdout, stderr, stdin, false);
      stdin.write('hello\n');
      await eventually(
        'the echo and a line',
        () => out().includes('hello\n') && out().includes('main is running'),
      );
      socket.close();
    });

    // It offers to end the stream itself, but then throws where nobody can catch it: the pod ends it here.
    it('follows logs until the pod is gone', async () => {
      await runPod('logged');
      const stream = new PassThrough();
      const [out, ended] = [collect(stream), once(stream, 'end')];
      await new Log(config).log(namespace, 'logged', 'main', stream, { follow: true, timestamps: true });
      await eventually('two lines', () => out().split('\n').length > 2);
      await core.deleteNamespacedPod({ namespace, name: 'logged', gracePeriodSeconds: 0 });
      await ended;
      expect(out()).toMatch(/^\d{4}-\d\d-\d\dT.*Z started main/);
    });
  });

  it('sums up what nodes have and pods ask for', async () => {
    const nodes = await topNodes(core);
    expect(nodes.map(({ Node }) => Node.metadata?.name)).toEqual(['node-1']);
    expect(Number(nodes[0]?.CPU.Capacity)).toBe(8);
  });

  it('is told clearly that there are no metrics', async () => {
    // Its word for an answer that is no JSON, as that of a server without metrics is not.
    await expect(new Metrics(config).getPodMetrics()).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('Error occurred in metrics request'),
    });
  });
});
