import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { deployment } from './api-case.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

const named = (value: unknown, name: string): string => JSON.stringify(value).replaceAll('{name}', name);

/** What people do with kubectl. */
describe(`kubectl on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'kubectl'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
    await tools.kubectl(['apply', '-f', '-'], named(deployment({ replicas: 2 }), 'web'));
  });
  afterAll(() => stack.disposeAsync());

  it('waits for a rollout', async () => {
    const text = await tools.kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s']);
    expect(text).toContain('deployment "web" successfully rolled out');
  });

  it('gets columns, and more of them', async () => {
    expect(await tools.kubectl(['get', 'deployments'])).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2/,
    );
    expect(await tools.kubectl(['get', 'deployments', '-o', 'wide'])).toContain('example.invalid/main');
  });

  it('gets by path', async () => {
    expect(await tools.kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'])).toBe('2');
  });

  it('describes', async () => {
    const text = await tools.kubectl(['describe', 'deployment', 'web']);
    expect(text).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/);
  });

  it('applies twice without a change', async () => {
    const text = await tools.kubectl(['apply', '-f', '-'], named(deployment({ replicas: 2 }), 'web'));
    expect(text).toBe('deployment.apps/web unchanged\n');
  });

  it('shows what would change', async () => {
    const { code, stdout } = await tools.run(
      'kubectl',
      ['diff', '-f', '-'],
      named(deployment({ replicas: 3 }), 'web'),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('+  replicas: 3');
  });

  it('applies on the server, and sees conflicts', async () => {
    const map = (value: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'shared' },
        data: { a: value },
      });
    const apply = ['apply', '--server-side', '-f', '-'];
    expect(await tools.kubectl([...apply, '--field-manager=one'], map('1'))).toContain('serverside-applied');
    const { code, stderr } = await tools.run('kubectl', [...apply, '--field-manager=two'], map('2'));
    expect(code).toBe(1);
    expect(stderr).toContain('conflict with "one": .data.a');
    await tools.kubectl([...apply, '--field-manager=two', '--force-conflicts'], map('2'));
  });

  it('patches', async () => {
    const body = JSON.stringify({ metadata: { labels: { team: 'a' } } });
    expect(await tools.kubectl(['patch', 'deployment', 'web', '-p', body])).toContain('patched');
    expect(await tools.kubectl(['get', 'deployment', '-l', 'team=a', '-o', 'name'])).toBe(
      'deployment.apps/web\n',
    );
  });

  it('scales and waits', async () => {
    await tools.kubectl(['scale', 'deployment', 'web', '--replicas=1']);
    await tools.kubectl([
      'wait',
      'deployment/web',
      '--for=jsonpath={.status.readyReplicas}=1',
      '--timeout=30s',
    ]);
  });

  it('asks what it may', async () => {
    expect(await tools.kubectl(['auth', 'can-i', 'create', 'pods'])).toBe('yes\n');
    expect((await tools.run('kubectl', ['auth', 'can-i', 'create', 'pods', '--as=jane'])).stdout).toBe(
      'no\n',
    );
  });

  it('explains', async () => {
    expect(await tools.kubectl(['explain', 'deployment.spec.replicas'])).toMatch(/FIELD: replicas <integer>/);
  });

  it('lists resources', async () => {
    const text = await tools.kubectl(['api-resources', '--namespaced']);
    expect(text).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
  });

  it('deletes with what depends on it', async () => {
    await tools.kubectl(['delete', 'deployment', 'web', '--cascade=foreground', '--timeout=30s']);
    expect(await tools.kubectl(['get', 'pods', '-o', 'name'])).toBe('');
  });
});
