import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

const image = (tag: string): string => `example.invalid/app:${tag}`;

function workload(kind: string, name: string): string {
  const labels = { app: name };
  const spec = { containers: [{ name: 'main', image: image('1') }] };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      ...(kind === 'DaemonSet' ? {} : { replicas: 2 }),
    },
  });
}

/** New versions of workloads, and old ones again. */
describe(`rollouts by kubectl on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'rollouts'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
    await eventually('the node', () => tools.kubectl(['get', 'node', 'node-1']));
  });
  afterAll(() => stack.disposeAsync());

  describe.each([
    { kind: 'Deployment', name: 'dep' },
    { kind: 'StatefulSet', name: 'sts' },
    { kind: 'DaemonSet', name: 'ds' },
  ])('of a $kind', ({ kind, name }) => {
    const target = `${kind.toLowerCase()}/${name}`;
    const rollout = (...args: readonly string[]): Promise<string> => tools.kubectl(['rollout', ...args]);
    const settled = (): Promise<string> => rollout('status', target, '--timeout=30s');
    const images = (): Promise<string> =>
      tools.kubectl([
        ...['get', 'pods', '-l', `app=${name}`, '--field-selector=status.phase=Running'],
        ...['-o', 'jsonpath={.items[*].spec.containers[0].image}'],
      ]);
    const revisions = async (): Promise<string[]> => (await rollout('history', target)).match(/^\d+/gm) ?? [];

    it('takes a new image', async () => {
      await tools.kubectl(['apply', '-f', '-'], workload(kind, name));
      await settled();
      await tools.kubectl(['annotate', target, 'kubernetes.io/change-cause=second image']);
      await tools.kubectl(['set', 'image', target, `main=${image('2')}`]);
      await settled();
      expect(new Set((await images()).split(' '))).toEqual(new Set([image('2')]));
    });

    it('knows its history', async () => {
      expect(await revisions()).toEqual(['1', '2']);
      expect(await rollout('history', target)).toMatch(/^2 +second image$/m);
      expect(await rollout('history', target, '--revision=1')).toContain(image('1'));
      expect(await rollout('history', target, '--revision=2')).toContain(image('2'));
    });

    it('goes back', async () => {
      expect(await rollout('undo', target)).toContain('rolled back');
      await settled();
      await eventually('the old image', async () => new Set((await images()).split(' ')).has(image('1')));
      expect(await revisions()).toEqual(['2', '3']);
    });

    it('goes to a revision that it is told', async () => {
      expect(await rollout('undo', target, '--to-revision=2')).toContain('rolled back');
      await settled();
      expect(await revisions()).toEqual(['3', '4']);
      const { code, stderr } = await tools.run('kubectl', ['rollout', 'undo', target, '--to-revision=9']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('unable to find')]);
    });

    it('restarts', async () => {
      const names = (): Promise<string> =>
        tools.kubectl(['get', 'pods', '-l', `app=${name}`, '-o', 'jsonpath={.items[*].metadata.uid}']);
      const before = (await names()).split(' ');
      expect(await rollout('restart', target)).toContain('restarted');
      await settled();
      await eventually('other pods', async () => {
        const after = (await names()).split(' ');
        return after.length === before.length && after.every((uid) => !before.includes(uid));
      });
    });

    it('changes its environment and resources', async () => {
      await tools.kubectl(['set', 'env', target, 'LEVEL=high']);
      await tools.kubectl(['set', 'resources', target, '--requests=cpu=100m']);
      await settled();
      const path =
        'jsonpath={.spec.template.spec.containers[0].env}{.spec.template.spec.containers[0].resources}';
      expect(await tools.kubectl(['get', target, '-o', path])).toBe(
        '[{"name":"LEVEL","value":"high"}]{"requests":{"cpu":"100m"}}',
      );
    });

    it('is described with its pods', async () => {
      const text = await tools.kubectl(['describe', target]);
      expect(text).toMatch(new RegExp(`^Name: +${name}$`, 'm'));
      expect(text).toContain(image('2'));
    });

    it('goes with its pods and its history', async () => {
      await tools.kubectl(['delete', target, '--cascade=foreground', '--timeout=30s']);
      await eventually('nothing of it', async () => {
        const kinds = 'pods,replicasets,controllerrevisions';
        return (await tools.kubectl(['get', kinds, '-l', `app=${name}`, '-o', 'name'])) === '';
      });
    });
  });

  it('pauses and resumes', async () => {
    await tools.kubectl(['apply', '-f', '-'], workload('Deployment', 'paused'));
    await tools.kubectl(['rollout', 'status', 'deployment/paused', '--timeout=30s']);
    await tools.kubectl(['rollout', 'pause', 'deployment/paused']);
    await tools.kubectl(['set', 'image', 'deployment/paused', `main=${image('2')}`]);
    const condition = 'jsonpath={.status.conditions[?(@.type=="Progressing")].reason}';
    await eventually('the pause to be seen', async () => {
      return (await tools.kubectl(['get', 'deployment', 'paused', '-o', condition])) === 'DeploymentPaused';
    });
    expect(
      (await tools.kubectl(['get', 'replicasets', '-l', 'app=paused', '-o', 'name'])).trim().split('\n'),
    ).toHaveLength(1);
    await tools.kubectl(['rollout', 'resume', 'deployment/paused']);
    await tools.kubectl(['rollout', 'status', 'deployment/paused', '--timeout=30s']);
    await tools.kubectl(['delete', 'deployment', 'paused']);
  });

  it('sees that a rollout does not get on', async () => {
    const stuck = JSON.parse(workload('Deployment', 'stuck')) as { spec: Record<string, unknown> };
    stuck.spec['progressDeadlineSeconds'] = 2;
    stuck.spec['template'] = {
      metadata: { labels: { app: 'stuck' } },
      spec: {
        nodeSelector: { nowhere: 'true' },
        containers: [{ name: 'main', image: image('1') }],
      },
    };
    await tools.kubectl(['apply', '-f', '-'], JSON.stringify(stuck));
    const { code, stderr } = await tools.run('kubectl', [
      'rollout',
      'status',
      'deployment/stuck',
      '--timeout=20s',
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('exceeded its progress deadline')]);
    await tools.kubectl(['delete', 'deployment', 'stuck']);
  });

  it('keeps as much history as it is told', async () => {
    await tools.kubectl(['apply', '-f', '-'], workload('StatefulSet', 'short'));
    await tools.kubectl(['patch', 'statefulset', 'short', '-p', '{"spec":{"revisionHistoryLimit":1}}']);
    for (const tag of ['2', '3', '4']) {
      await tools.kubectl(['set', 'image', 'statefulset/short', `main=${image(tag)}`]);
      await tools.kubectl(['rollout', 'status', 'statefulset/short', '--timeout=30s']);
    }
    await eventually('two revisions', async () => {
      const text = await tools.kubectl(['rollout', 'history', 'statefulset/short']);
      return text.match(/^\d+/gm)?.join() === '3,4';
    });
    await tools.kubectl(['delete', 'statefulset', 'short']);
  });
});
