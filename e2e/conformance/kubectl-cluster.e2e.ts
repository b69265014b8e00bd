import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { deployment } from './api-case.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

const app = (name: string, spec: object = {}): string =>
  JSON.stringify(deployment({ ...spec })).replaceAll('{name}', name);

/** What people look at with kubectl, and what they do with nodes. */
describe(`clusters seen by kubectl on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'cluster'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
    await tools.kubectl(['apply', '-f', '-'], app('web', { replicas: 2 }));
    await tools.kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s']);
  });
  afterAll(() => stack.disposeAsync());

  describe('shows', () => {
    it('changes as they come', async () => {
      using watch = tools.follow(['get', 'configmaps', '-w', '-l', 'seen=yes']);
      await tools.kubectl(['create', 'configmap', 'watched', '--from-literal=a=1']);
      await tools.kubectl(['label', 'configmap', 'watched', 'seen=yes']);
      await eventually('the row', () => /^NAME +DATA +AGE\nwatched +1 /.test(watch.text()));
      await tools.kubectl(['patch', 'configmap', 'watched', '-p', '{"data":{"b":"2"}}']);
      await eventually('the change', () => /^watched +2 /m.test(watch.text()));
    });

    it('only changes, with what happened', async () => {
      using watch = tools.follow(['get', 'configmaps', '--watch-only', '--output-watch-events']);
      await eventually('both events', async () => {
        await tools.kubectl(['create', 'configmap', 'passing']);
        await tools.kubectl(['delete', 'configmap', 'passing']);
        return /^ADDED +passing .*\n(.*\n)*DELETED +passing /m.test(watch.text());
      });
      expect(watch.text()).not.toContain('watched');
    });

    it('all that makes an application', async () => {
      const text = await tools.kubectl(['get', 'all', '-l', 'app=web', '-o', 'name']);
      expect(text.match(/^[^/]+/gm)).toEqual(['pod', 'pod', 'replicaset.apps']);
      expect(await tools.kubectl(['get', 'all', '-A'])).toMatch(/^default +deployment\.apps\/web +2\/2/m);
    });

    it.each([
      {
        why: 'sorted',
        args: ['pods', '--sort-by=.metadata.name', '-o', 'name'],
        want: /^pod\/web-.*\npod\/web-/,
      },
      { why: 'with labels', args: ['pods', '--show-labels'], want: /app=web,pod-template-hash=/ },
      { why: 'where they run', args: ['pods', '-o', 'wide'], want: /10\.200\.\d+\.\d+ +node-1/ },
      {
        why: 'by field',
        args: ['pods', '--field-selector=spec.nodeName=node-1', '-o', 'name'],
        want: /^pod\/web-/,
      },
      {
        why: 'by template',
        args: ['deployment', 'web', '-o', 'go-template={{.spec.replicas}}'],
        want: /^2$/,
      },
      {
        why: 'as YAML',
        args: ['deployment', 'web', '-o', 'yaml'],
        want: /^apiVersion: apps\/v1\nkind: Deployment\n/,
      },
      {
        why: 'without managed fields',
        args: ['deployment', 'web', '-o', 'json'],
        want: /^(?!.*managedFields)/s,
      },
      {
        why: 'several kinds',
        args: ['deployment/web', 'namespace/default', '-o', 'name'],
        want: /^deployment\.apps\/web\nnamespace\/default\n$/,
      },
      { why: 'a subresource', args: ['deployment', 'web', '--subresource=scale'], want: /^web +2 +2/m },
      {
        why: 'a path',
        args: ['--raw', '/apis/apps/v1/namespaces/default/deployments/web/status'],
        want: /"readyReplicas":2/,
      },
      {
        why: 'nodes',
        args: ['nodes', '-o', 'wide'],
        want: /^node-1 +Ready +<none> +\S+ +v1\.36\.3 +127\.0\.0\.1/m,
      },
    ])('$why', async ({ args, want }) => {
      expect(await tools.kubectl(['get', ...args])).toMatch(want);
    });

    it.each([
      {
        what: 'node/node-1',
        want: [/^Name: +node-1$/m, /Ready +True/, /Non-terminated Pods: +\(\d+ in total\)/],
      },
      { what: 'pod -l app=web', want: [/^Status: +Running$/m, /Controlled By: +ReplicaSet\/web-/] },
      { what: 'namespace/default', want: [/^Status: +Active$/m, /No resource quota/] },
      { what: 'service/kubernetes', want: [/^Type: +ClusterIP$/m, /^Port: +https +443\/TCP$/m] },
      { what: 'serviceaccount/default', want: [/^Name: +default$/m] },
      { what: 'clusterrole/view', want: [/configmaps +\[\] +\[\] +\[get list watch\]/] },
    ])('describes $what', async ({ what, want }) => {
      const text = await tools.kubectl(['describe', ...what.split(' ')]);
      for (const part of want) expect(text).toMatch(part);
    });

    it('events, of one object too', async () => {
      const uid = await tools.kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.metadata.uid}']);
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'web.1' },
        involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default', uid },
        type: 'Warning',
        reason: 'Tested',
        message: 'this is a test',
        source: { component: 'test' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
        count: 3,
      };
      await tools.kubectl(['create', '-f', '-'], JSON.stringify(event));
      const row = /Warning +Tested +Deployment\/web +this is a test/i;
      expect(await tools.kubectl(['events', '--for', 'deployment/web', '--types=Warning'])).toMatch(row);
      expect(await tools.kubectl(['get', 'events', '--field-selector=reason=Tested'])).toMatch(
        /Warning +Tested +deployment\/web +this is a test/,
      );
      expect(await tools.kubectl(['describe', 'deployment', 'web'])).toMatch(
        /Warning +Tested .*\(x3 over .*\) +test +this is a test/,
      );
    });

    it('where the control plane is, and what it speaks', async () => {
      expect(await tools.kubectl(['cluster-info'])).toContain(plane.server);
      expect(await tools.kubectl(['version'])).toMatch(/^Server Version: v1\.36\.3$/m);
      expect(await tools.kubectl(['api-versions'])).toMatch(/^apps\/v1$/m);
      expect(
        await tools.kubectl(['api-resources', '--api-group=apps', '--verbs=list', '-o', 'name']),
      ).toContain('statefulsets.apps');
      expect(await tools.kubectl(['explain', 'pod.spec', '--recursive'])).toMatch(
        /containers\t<\[\]Container> -required-/,
      );
    });

    it('clearly that there are no metrics', async () => {
      for (const what of ['nodes', 'pods']) {
        const { code, stderr } = await tools.run('kubectl', ['top', what]);
        expect([code, stderr]).toEqual([1, 'error: Metrics API not available\n']);
      }
    });

    it.each([
      { args: ['get', 'gadgets'], want: `the server doesn't have a resource type "gadgets"` },
      { args: ['get', 'pod', 'missing'], want: 'Error from server (NotFound): pods "missing" not found' },
      { args: ['get', 'pods', '-n', 'missing'], want: 'No resources found in missing namespace.' },
      {
        args: ['get', 'pods', '-l', 'a=b=c'],
        want: 'Error from server (BadRequest): Unable to find "/v1, Resource=pods"',
      },
      { args: ['create', 'namespace', 'default'], want: 'namespaces "default" already exists' },
      { args: ['create', 'namespace', 'Wrong'], want: 'a lowercase RFC 1123 label must consist of' },
      {
        args: ['scale', 'deployment', 'web', '--current-replicas=7', '--replicas=1'],
        want: 'Expected replicas to be 7, was 2',
      },
    ])('why it cannot: $args', async ({ args, want }) => {
      expect((await tools.run('kubectl', args)).stderr).toContain(want);
    });
  });

  describe('waits', () => {
    it('for what is to come, and for what is to go', async () => {
      using created = tools.follow(['wait', 'configmap/awaited', '--for=create', '--timeout=20s']);
      await tools.kubectl(['create', 'configmap', 'awaited']);
      await eventually('it to be there', () => created.exitCode() === 0);
      using gone = tools.follow(['wait', 'configmap/awaited', '--for=delete', '--timeout=20s']);
      await tools.kubectl(['delete', 'configmap', 'awaited']);
      await eventually('it to be gone', () => gone.exitCode() === 0);
    });

    it('for conditions, of many', async () => {
      const text = await tools.kubectl([
        'wait',
        'pods',
        '-l',
        'app=web',
        '--for=condition=Ready',
        '--timeout=20s',
      ]);
      expect(text.match(/condition met/g)).toHaveLength(2);
    });

    it('not for ever', async () => {
      const { code, stderr } = await tools.run('kubectl', [
        ...['wait', 'deployment/web', '--for=jsonpath={.spec.replicas}=9', '--timeout=300ms'],
      ]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('timed out waiting for the condition')]);
    });
  });

  describe('knows who asks', () => {
    it('and what they may', async () => {
      expect(await tools.kubectl(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe(
        'kubernetes-admin',
      );
      expect(
        await tools.kubectl(['auth', 'can-i', '--list', '--as=ann', '--as-group=system:authenticated']),
      ).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]/);
      expect(
        await tools
          .kubectl(['auth', 'can-i', 'get', 'pods/log', '--as=system:serviceaccount:default:robot'])
          .catch(String),
      ).toContain('no');
    });

    it('by the tokens of service accounts', async () => {
      await tools.kubectl(['create', 'serviceaccount', 'robot']);
      const token = (await tools.kubectl(['create', 'token', 'robot', '--duration=10m'])).trim();
      const bare = ['--kubeconfig=/dev/null', `--server=${plane.server}`, '--insecure-skip-tls-verify'];
      const ask = [...bare, `--token=${token}`, 'get', 'configmaps', '-n', 'default'];
      expect((await tools.run('kubectl', ask)).stderr).toContain(
        'User "system:serviceaccount:default:robot" cannot list',
      );
      await tools.kubectl([
        'create',
        'rolebinding',
        'robot',
        '--clusterrole=view',
        '--serviceaccount=default:robot',
      ]);
      await eventually('it to read', async () => (await tools.run('kubectl', ask)).code === 0);
      const wrong = [...bare, '--token=wrong', 'get', 'configmaps'];
      expect((await tools.run('kubectl', wrong)).stderr).toContain('Unauthorized');
    });
  });

  it('is reached through a proxy on this machine', async () => {
    using proxy = tools.follow(['proxy', '--port=0']);
    const port = await eventually('the port', () => /127\.0\.0\.1:(\d+)/.exec(proxy.text())?.[1]);
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default`);
    expect(await response.json()).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
  });

  describe('nodes', () => {
    const nodeOf = (name: string): Promise<string> =>
      tools.kubectl(['get', 'pod', name, '-o', 'jsonpath={.spec.nodeName}']);
    const run = (name: string): Promise<string> =>
      tools.kubectl(['run', name, '--image=example.invalid/pod', '--restart=Always']);

    it('take no new pods while they are cordoned', async () => {
      await tools.kubectl(['cordon', 'node-1']);
      expect(await tools.kubectl(['get', 'nodes'])).toContain('Ready,SchedulingDisabled');
      await run('waiting');
      // One that tolerates it comes after and runs before.
      const spec = {
        containers: [{ name: 'main', image: 'example.invalid/pod' }],
        tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }],
      };
      const eager = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'eager' }, spec };
      await tools.kubectl(['create', '-f', '-'], JSON.stringify(eager));
      await tools.kubectl(['wait', 'pod/eager', '--for=condition=Ready', '--timeout=20s']);
      expect(await nodeOf('waiting')).toBe('');
      await tools.kubectl(['uncordon', 'node-1']);
      await tools.kubectl(['wait', 'pod/waiting', '--for=condition=Ready', '--timeout=20s']);
      await tools.kubectl(['delete', 'pod', 'waiting', 'eager']);
    });

    it('keep pods away that do not tolerate a taint', async () => {
      await tools.kubectl(['taint', 'node', 'node-1', 'use=gpu:NoSchedule']);
      await run('picky');
      expect(await tools.kubectl(['describe', 'node', 'node-1'])).toMatch(/^Taints: +use=gpu:NoSchedule$/m);
      expect(await nodeOf('picky')).toBe('');
      await tools.kubectl(['taint', 'node', 'node-1', 'use-']);
      await tools.kubectl(['wait', 'pod/picky', '--for=condition=Ready', '--timeout=20s']);
    });

    it('are drained', async () => {
      const refused = await tools.run('kubectl', ['drain', 'node-1', '--timeout=10s']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        'cannot delete Pods that declare no controller (use --force to override): default/picky',
      );
      const before = await tools.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name']);
      const text = await tools.kubectl([
        'drain',
        'node-1',
        '--force',
        '--ignore-daemonsets',
        '--timeout=25s',
      ]);
      expect(text).toContain('node/node-1 drained');
      expect((await tools.run('kubectl', ['get', 'pod', 'picky'])).code).toBe(1);
      for (const name of before.trim().split('\n'))
        expect((await tools.run('kubectl', ['get', name])).code).toBe(1);
      await tools.kubectl(['uncordon', 'node-1']);
      await tools.kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s']);
    });
  });
});
