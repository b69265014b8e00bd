import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { CRD_NAME, writeChart } from './helm-chart.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

/** Helm waits no longer than this for what becomes ready in a second. */
const WAIT = ['--wait', '--timeout=25s'];

/** The life of a release: a chart with a CRD, objects of it, an application and hooks. */
describe(`helm on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'helm'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    writeChart(tools);
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
  });
  afterAll(() => stack.disposeAsync());

  const dataOf = async (name = 'demo'): Promise<unknown> =>
    JSON.parse(await tools.kubectl(['get', 'configmap', name, '-o', 'jsonpath={.data}']));
  const get = (what: string, path: string): Promise<string> =>
    tools.kubectl(['get', what, '-o', `jsonpath=${path}`]);
  const historyOf = async (name: string): Promise<string[]> => {
    const history = JSON.parse(await tools.helm(['history', name, '-o', 'json'])) as { status: string }[];
    return history.map(({ status }) => status);
  };

  it('asks the server what it would install', async () => {
    const text = await tools
      .helm(['install', 'demo', './demo', '--dry-run=server', '--skip-crds', '--set=value=asked'])
      .catch(String);
    // What is of a kind that is not there yet cannot be asked about.
    expect(text).toContain('no matches for kind "Widget"');
    expect((await tools.run('kubectl', ['get', 'configmap', 'demo'])).code).toBe(1);
  });

  it('installs', async () => {
    const text = await tools.helm(['install', 'demo', './demo', ...WAIT]);
    expect(text).toContain('STATUS: deployed');
    expect(text).toContain('The value is one.');
    expect(await dataOf()).toEqual({ value: 'one', revision: '1', namespace: 'kube-system', knows: 'true' });
    expect(await get('widget/demo', '{.spec.size}')).toBe('3');
    expect(await get('deployment/demo', '{.status.readyReplicas}')).toBe('1');
  });

  it('runs hooks before and after', async () => {
    for (const name of ['before', 'after'])
      expect(await get(`job/demo-${name}`, '{.status.succeeded}')).toBe('1');
    const [before, deployment, after] = await Promise.all(
      ['job/demo-before', 'deployment/demo', 'job/demo-after'].map((what) =>
        get(what, '{.metadata.resourceVersion}'),
      ),
    );
    expect(Number(before)).toBeLessThan(Number(deployment));
    expect(Number(await get('deployment/demo', '{.metadata.generation}'))).toBe(1);
    expect(Number(after)).toBeGreaterThan(Number(before));
  });

  it('shows what is installed', async () => {
    const [found] = JSON.parse(await tools.helm(['list', '-o', 'json'])) as Record<string, unknown>[];
    expect(found).toMatchObject({ name: 'demo', revision: '1', status: 'deployed', chart: 'demo-0.1.0' });
    expect(await tools.helm(['status', 'demo'])).toContain('STATUS: deployed');
    expect(await tools.helm(['get', 'manifest', 'demo'])).toContain('kind: Deployment');
    expect(await tools.helm(['get', 'hooks', 'demo'])).toContain('name: demo-last');
    expect(await tools.helm(['get', 'notes', 'demo'])).toContain('The value is one.');
  });

  it('tests a release', async () => {
    const text = await tools.helm(['test', 'demo', '--timeout=25s', '--logs']);
    expect(text).toMatch(/Phase: +Succeeded/);
    expect(text).toContain('started main of default/demo-test');
  });

  it('upgrades', async () => {
    await tools.helm(['upgrade', 'demo', './demo', '--set=value=two', '--set=replicas=2', ...WAIT]);
    expect(await dataOf()).toMatchObject({ value: 'two', revision: '2' });
    expect(await get('deployment/demo', '{.status.readyReplicas}')).toBe('2');
    expect(JSON.parse(await tools.helm(['get', 'values', 'demo', '-o', 'json']))).toEqual({
      value: 'two',
      replicas: 2,
    });
  });

  it('rolls back', async () => {
    await tools.helm(['rollback', 'demo', '1', ...WAIT]);
    expect(await dataOf()).toMatchObject({ value: 'one' });
    expect(await get('deployment/demo', '{.spec.replicas}')).toBe('1');
    expect(await historyOf('demo')).toEqual(['superseded', 'superseded', 'deployed']);
  });

  it('does not go on after a hook that failed', async () => {
    const upgrade = ['upgrade', 'demo', './demo', '--set=value=three', '--set=breaksHook=true', ...WAIT];
    const { code, stderr } = await tools.run('helm', upgrade);
    expect([code, stderr]).toEqual([1, expect.stringContaining('pre-upgrade hooks failed')]);
    expect(await dataOf()).toMatchObject({ value: 'one' });
    expect((await historyOf('demo')).at(-1)).toBe('failed');
  });

  it('goes back by itself when what it upgrades does not become ready', async () => {
    const upgrade = ['upgrade', 'demo', './demo', '--set=value=four', '--set=breaks=true', '--atomic'];
    const { code, stderr } = await tools.run('helm', [...upgrade, '--wait', '--timeout=6s']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('has been rolled back')]);
    expect(await dataOf()).toMatchObject({ value: 'one' });
    await tools.kubectl(['rollout', 'status', 'deployment/demo', '--timeout=20s']);
    expect((await historyOf('demo')).slice(-2)).toEqual(['failed', 'deployed']);
  });

  it('does not take what is not its own, unless told', async () => {
    await tools.kubectl(['create', 'configmap', 'second', '--from-literal=value=mine']);
    const install = ['install', 'second', './demo', '--timeout=25s'];
    const { code, stderr } = await tools.run('helm', install);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('exists and cannot be imported into the current release'),
    ]);
    await tools.helm([...install, '--take-ownership', '--force-conflicts', '--wait']);
    expect(await dataOf('second')).toMatchObject({ value: 'one' });
    expect(await get('configmap/second', '{.metadata.labels.app\\.kubernetes\\.io/managed-by}')).toBe('Helm');
  });

  it('sees that somebody else changed what it owns', async () => {
    await tools.kubectl(['scale', 'deployment', 'second', '--replicas=3']);
    const upgrade = ['upgrade', 'second', './demo', '--set=replicas=2', ...WAIT];
    const { code, stderr } = await tools.run('helm', upgrade);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/conflict with "kubectl" with subresource "scale".*\.spec\.replicas/s),
    ]);
    await tools.helm([...upgrade, '--force-conflicts']);
    expect(await get('deployment/second', '{.spec.replicas}')).toBe('2');
  });

  it('installs or upgrades, into a namespace that it makes', async () => {
    const release = ['upgrade', 'third', './demo', '--install', '--create-namespace', '-n', 'third', ...WAIT];
    await tools.helm(release);
    await tools.helm(release);
    const all = JSON.parse(await tools.helm(['list', '-A', '-o', 'json'])) as {
      name: string;
      revision: string;
    }[];
    expect(all.map(({ name, revision }) => `${name} ${revision}`)).toEqual(['demo 6', 'second 3', 'third 2']);
    await tools.helm(['uninstall', 'third', '-n', 'third', ...WAIT]);
  });

  it('uninstalls, and leaves what it was told to', async () => {
    await tools.helm(['uninstall', 'demo', ...WAIT]);
    for (const what of ['configmap/demo', 'deployment/demo', 'widget/demo'])
      expect((await tools.run('kubectl', ['get', what])).stderr).toContain('not found');
    expect(await get('job/demo-last', '{.status.succeeded}')).toBe('1');
    expect(await get('secret/demo-kept', '{.data.password}')).toBe('c2VjcmV0');
    expect(await tools.kubectl(['get', 'crd', CRD_NAME, '-o', 'name'])).toContain('widgets');
    expect((await tools.run('helm', ['status', 'demo'])).stderr).toContain('not found');
  });

  it('keeps the history when told so', async () => {
    await tools.helm(['uninstall', 'second', '--keep-history', ...WAIT]);
    expect((await historyOf('second')).at(-1)).toBe('uninstalled');
    await tools.helm(['rollback', 'second', ...WAIT]);
    expect(await dataOf('second')).toMatchObject({ value: 'one' });
  });
});
