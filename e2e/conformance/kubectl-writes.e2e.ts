import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

type Text = Readonly<Record<string, string>>;

const configMap = (name: string, data: Text = { a: '1' }, labels: Text = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
const documents = (...objects: readonly object[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

/** What people change with kubectl, one object or many. */
describe(`changes by kubectl on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'writes'));
    tools = stack.use(createTools(plane));
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
  });
  afterAll(() => stack.disposeAsync());

  const valueOf = (name: string, path = '{.data}'): Promise<string> =>
    tools.kubectl(['get', 'configmap', name, '-o', `jsonpath=${path}`]);
  const create = (...objects: readonly object[]): Promise<string> =>
    tools.kubectl(['create', '-f', '-'], documents(...objects));

  it('creates several objects from one file', async () => {
    const text = await create(configMap('many-1'), configMap('many-2'));
    expect(text).toBe('configmap/many-1 created\nconfigmap/many-2 created\n');
  });

  it('says which of several are there already', async () => {
    await create(configMap('there'));
    const { code, stdout, stderr } = await tools.run(
      'kubectl',
      ['create', '-f', '-'],
      documents(configMap('new'), configMap('there')),
    );
    expect(code).toBe(1);
    expect(stdout).toBe('configmap/new created\n');
    expect(stderr).toContain('configmaps "there" already exists');
  });

  it('creates from literals, and shows without creating', async () => {
    await tools.kubectl(['create', 'secret', 'generic', 'password', '--from-literal=key=value']);
    const shown = await tools.kubectl([
      ...['create', 'configmap', 'shown', '--from-literal=a=1', '--dry-run=server', '-o', 'json'],
    ]);
    expect(JSON.parse(shown)).toMatchObject({ metadata: { uid: expect.any(String) }, data: { a: '1' } });
    expect((await tools.run('kubectl', ['get', 'configmap', 'shown'])).code).toBe(1);
  });

  it.each([
    {
      why: 'a field it does not know',
      spec: { replicas: 1, replica: 1 },
      want: 'unknown field "spec.replica"',
    },
    { why: 'a value of another type', spec: { replicas: 'one' }, want: 'cannot unmarshal string into Go' },
  ])('refuses $why', async ({ spec, want }) => {
    const template = {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'main', image: 'example.invalid/main' }] },
    };
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wrong' },
      spec: { selector: { matchLabels: { app: 'x' } }, template, ...spec },
    };
    const { code, stderr } = await tools.run('kubectl', ['create', '-f', '-'], documents(object));
    expect(code).toBe(1);
    expect(stderr).toContain(want);
  });

  it('labels, and does not change a label unless told', async () => {
    await create(configMap('labelled'));
    await tools.kubectl(['label', 'configmap', 'labelled', 'tier=one']);
    const { code, stderr } = await tools.run('kubectl', ['label', 'configmap', 'labelled', 'tier=two']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('already has a value (one)')]);
    await tools.kubectl(['label', 'configmap', 'labelled', 'tier=two', '--overwrite']);
    expect(await tools.kubectl(['get', 'configmap', '-L', 'tier', '-l', 'tier'])).toMatch(
      /^labelled .* two$/m,
    );
    await tools.kubectl(['label', 'configmap', 'labelled', 'tier-']);
    expect(await tools.kubectl(['get', 'configmap', '-l', 'tier', '-o', 'name'])).toBe('');
  });

  it('annotates', async () => {
    await create(configMap('annotated'));
    await tools.kubectl(['annotate', 'configmap', 'annotated', 'example.com/note=a b']);
    expect(await valueOf('annotated', '{.metadata.annotations}')).toBe('{"example.com/note":"a b"}');
  });

  it('edits in an editor', async () => {
    await create(configMap('edited'));
    tools.write('editor.sh', 'sed -i \'s/a: "1"/a: "2"/\' "$1"\n');
    expect(await tools.kubectl(['edit', 'configmap', 'edited'])).toBe('configmap/edited edited\n');
    expect(await valueOf('edited')).toBe('{"a":"2"}');
  });

  it('keeps what an editor made that cannot be', async () => {
    await create(configMap('kept'));
    // The second time it opens with the complaint on top: an editor that changes nothing gives up.
    tools.write('editor.sh', 'grep -q "^# configmaps" "$1" || sed -i "s/a: .1./a: {}/" "$1"\n');
    const { code, stderr } = await tools.run('kubectl', ['edit', 'configmap', 'kept']);
    expect(code).toBe(1);
    expect(stderr).toContain('Edit cancelled');
    expect(await valueOf('kept')).toBe('{"a":"1"}');
  });

  it.each([
    { type: 'strategic', body: '{"data":{"b":"2"}}', want: '{"a":"1","b":"2"}' },
    { type: 'merge', body: '{"data":{"a":null,"b":"2"}}', want: '{"b":"2"}' },
    { type: 'json', body: '[{"op":"replace","path":"/data/a","value":"3"}]', want: '{"a":"3"}' },
  ])('patches: $type', async ({ type, body, want }) => {
    await create(configMap(`patched-${type}`));
    await tools.kubectl(['patch', 'configmap', `patched-${type}`, `--type=${type}`, '-p', body]);
    expect(await valueOf(`patched-${type}`)).toBe(want);
  });

  it('replaces, and by force creates anew', async () => {
    await create(configMap('replaced'));
    const uid = await valueOf('replaced', '{.metadata.uid}');
    await tools.kubectl(['replace', '-f', '-'], documents(configMap('replaced', { b: '2' })));
    expect(await valueOf('replaced')).toBe('{"b":"2"}');
    expect(await valueOf('replaced', '{.metadata.uid}')).toBe(uid);
    await tools.kubectl(['replace', '--force', '-f', '-'], documents(configMap('replaced', { c: '3' })));
    expect(await valueOf('replaced', '{.metadata.uid}')).not.toBe(uid);
  });

  it('applies what changed and takes away what is not there any more', async () => {
    const apply = (data: Text): Promise<string> =>
      tools.kubectl(['apply', '-f', '-'], documents(configMap('applied', data)));
    expect(await apply({ a: '1', b: '1' })).toBe('configmap/applied created\n');
    await tools.kubectl(['patch', 'configmap', 'applied', '-p', '{"data":{"mine":"1"}}']);
    expect(await apply({ a: '2' })).toBe('configmap/applied configured\n');
    expect(JSON.parse(await valueOf('applied'))).toEqual({ a: '2', mine: '1' });
    expect(await tools.kubectl(['apply', 'view-last-applied', 'configmap/applied', '-o', 'json'])).toContain(
      '"a": "2"',
    );
  });

  it('prunes what it applied before', async () => {
    const apply = (...names: readonly string[]): Promise<string> =>
      tools.kubectl(
        ['apply', '--prune', '-l', 'set=pruned', '--prune-allowlist=core/v1/ConfigMap', '-f', '-'],
        documents(...names.map((name) => configMap(name, { a: '1' }, { set: 'pruned' }))),
      );
    await apply('prune-1', 'prune-2');
    expect(await apply('prune-1')).toContain('configmap/prune-2 pruned');
    expect(await tools.kubectl(['get', 'configmap', '-l', 'set=pruned', '-o', 'name'])).toBe(
      'configmap/prune-1\n',
    );
  });

  it('goes over to applying on the server, and back', async () => {
    const apply = (data: Text, ...args: readonly string[]): Promise<string> =>
      tools.kubectl(['apply', ...args, '-f', '-'], documents(configMap('moved', data)));
    await apply({ a: '1', b: '1' });
    await apply({ a: '2' }, '--server-side');
    expect(await valueOf('moved')).toBe('{"a":"2"}');
    expect(await valueOf('moved', '{.metadata.managedFields[*].operation}')).not.toContain('Update');
    // The note of what was applied last moves on too: without it `c` would stay.
    await apply({ a: '2', c: '1' }, '--server-side');
    await apply({ a: '3' });
    expect(await valueOf('moved')).toBe('{"a":"3"}');
  });

  it('shows what applying on the server would change', async () => {
    await tools.kubectl(['apply', '--server-side', '-f', '-'], documents(configMap('differing')));
    const { code, stdout } = await tools.run(
      'kubectl',
      ['diff', '--server-side', '-f', '-'],
      documents(configMap('differing', { a: '2' })),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('-  a: "1"\n+  a: "2"');
  });

  it('writes the status apart', async () => {
    const body = '{"spec":{"unschedulable":true},"status":{"nodeInfo":{"machineID":"x"}}}';
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'apart' } };
    await create(node);
    await tools.kubectl(['patch', 'node', 'apart', '--subresource=status', '--type=merge', '-p', body]);
    const path = '{.spec.unschedulable}{.status.nodeInfo.machineID}';
    expect(await tools.kubectl(['get', 'node', 'apart', '-o', `jsonpath=${path}`])).toBe('x');
    await tools.kubectl(['delete', 'node', 'apart']);
  });

  it('deletes by selector, and everything', async () => {
    const all = ['one', 'two', 'three'].map((name) =>
      configMap(`gone-${name}`, {}, { gone: name === 'three' ? 'later' : 'now' }),
    );
    await tools.kubectl(['create', 'namespace', 'emptied']);
    await tools.kubectl(['create', '-n', 'emptied', '-f', '-'], documents(...all));
    const text = await tools.kubectl(['delete', 'configmap', '-n', 'emptied', '-l', 'gone=now']);
    expect(text.split('\n').filter((line) => line.includes('deleted'))).toHaveLength(2);
    await tools.kubectl(['delete', 'configmap', '-n', 'emptied', '--all']);
    const left = await tools.kubectl(['get', 'configmap', '-n', 'emptied', '-o', 'name', '-l', 'gone']);
    expect(left).toBe('');
  });

  it('does not mind what is not there, when told so', async () => {
    const missing = ['delete', 'configmap', 'never'];
    expect((await tools.run('kubectl', missing)).stderr).toContain('configmaps "never" not found');
    expect(await tools.kubectl([...missing, '--ignore-not-found'])).toBe('');
  });

  it('deletes a namespace with all that is in it', async () => {
    await tools.kubectl(['create', 'namespace', 'doomed']);
    await tools.kubectl(['create', 'configmap', 'inside', '-n', 'doomed']);
    await tools.kubectl(['delete', 'namespace', 'doomed', '--timeout=25s']);
    expect((await tools.run('kubectl', ['get', 'namespace', 'doomed'])).stderr).toContain('not found');
  });

  it('makes a Service and an autoscaler of a Deployment', async () => {
    await tools.kubectl(['create', 'deployment', 'exposed', '--image=example.invalid/x', '--replicas=0']);
    await tools.kubectl(['expose', 'deployment', 'exposed', '--port=80', '--target-port=8080']);
    const path = 'jsonpath={.spec.selector.app} {.spec.ports[0].targetPort} {.spec.clusterIP}';
    expect(await tools.kubectl(['get', 'service', 'exposed', '-o', path])).toMatch(/^exposed 8080 10\./);
    await tools.kubectl(['autoscale', 'deployment', 'exposed', '--max=3', '--cpu=50%']);
    expect(await tools.kubectl(['get', 'hpa', 'exposed'])).toMatch(/Deployment\/exposed .* 1 +3 /);
  });

  it('makes a Job of a CronJob', async () => {
    const schedule = ['--schedule=0 0 1 1 *', '--image=example.invalid/x'];
    await tools.kubectl(['create', 'cronjob', 'nightly', ...schedule]);
    await tools.kubectl(['create', 'job', 'now', '--from=cronjob/nightly']);
    const path = 'jsonpath={.metadata.ownerReferences[0].kind}';
    expect(await tools.kubectl(['get', 'job', 'now', '-o', path])).toBe('CronJob');
  });

  it('makes what a manifest with roles says', async () => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    const metadata = { name: 'reader', namespace: 'default' };
    const rbac = 'rbac.authorization.k8s.io';
    const role = { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules };
    const binding = {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'ann' }],
    };
    const text = await tools.kubectl(['auth', 'reconcile', '-f', '-'], documents(role, binding));
    expect(text).toContain('role.rbac.authorization.k8s.io/reader reconciled');
    await eventually('ann to read', async () => {
      const { code } = await tools.run('kubectl', ['get', 'configmap', 'many-1', '--as=ann']);
      return code === 0;
    });
    expect((await tools.run('kubectl', ['get', 'secret', '--as=ann'])).stderr).toContain(
      'User "ann" cannot list resource "secrets"',
    );
  });
});
