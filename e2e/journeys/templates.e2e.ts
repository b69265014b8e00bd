import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toShadowUrl } from '@clusternet/client';
import { openDoor } from '@clusternet/kubectl-clusternet';
import { stringifyYaml } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { createTools } from '../conformance/tools.ts';
import type { Tools } from '../conformance/tools.ts';
import { exampleApplication } from '../harness/application.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, nginxReady, on } from '../harness/journey.ts';

// What kubectl makes of flags alone (`kubectl create configmap …`) it sends as protobuf, which templates do not take.
const configMap = (name: string, namespace: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\n`;

const WEB = `
apiVersion: v1
kind: Namespace
metadata: {name: bar}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: bar}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx}]}
`;

describe(`templates written with kubectl, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let tools: Tools;

  beforeAll(async () => {
    const children = [
      { name: 'one', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } },
    ] as const;
    fleet = stack.use(await startFleet({ on, children: [...children] }));
    const door = stack.use(await openDoor({ connection: fleet.parent.connection, mapUrl: toShadowUrl }));
    const kubeconfig = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'templates', cluster: { server: door.url } }],
      contexts: [{ name: 'templates', context: { cluster: 'templates', user: '' } }],
      'current-context': 'templates',
    });
    tools = stack.use(createTools({ kubeconfig }));
    await eventually('the shadow API to be served', async () => {
      const path = '/apis/shadow/v1alpha1';
      const list = await fleet.parent.client.rawJson({ method: 'GET', path, what: 'discover templates' });
      return JSON.stringify(list).includes('"deployments"');
    });
  });
  afterAll(() => stack.disposeAsync());

  it('are applied, delivered, changed and applied again', async () => {
    const [child] = fleet.children;
    const objects = exampleApplication(child?.namespace ?? '');
    const text = objects.map((object) => stringifyYaml(object as unknown as JsonValue)).join('---\n');
    const first = await tools.kubectl(['apply', '-f', '-'], text);
    expect(first).toMatch(/deployment.apps\/my-nginx created/);
    await nginxReady(fleet.child('one'), 3);
    expect(await tools.kubectl(['apply', '-f', '-'], text)).not.toMatch(/created|configured/);
    const image = ['set', 'image', '-n', 'foo', 'deployment/my-nginx', '*=nginx:other'];
    expect(await tools.kubectl(image)).toContain('image updated');
    await eventually('the change to be delivered', async () => {
      const live = await nginxReady(fleet.child('one'), 3);
      return JSON.stringify(live.spec).includes('nginx:other');
    });
    expect(await tools.kubectl(['apply', '-f', '-'], text)).toContain('deployment.apps/my-nginx configured');
  });

  it('are shown as kubectl shows anything', async () => {
    expect(await tools.kubectl(['get', 'deployments', '-A', '-o', 'wide'])).toMatch(
      /^foo +my-nginx +0\/1 +0 +0 +\d+\w* +\S+ +nginx/m,
    );
    expect(await tools.kubectl(['get', 'services', '-n', 'foo'])).toMatch(/^my-nginx-svc +ClusterIP /m);
    expect(await tools.kubectl(['describe', 'deployment', '-n', 'foo', 'my-nginx'])).toContain(
      'Name:                   my-nginx',
    );
    expect(await tools.kubectl(['explain', 'deployments.spec.replicas'])).toContain('Number of desired pods');
    if (on === 'real') {
      // The embedded control plane hands on no documents of servers behind it.
      const explain = ['explain', 'deployments.spec.replicas', '--api-version=shadow/v1alpha1'];
      await eventually('kube-apiserver to have the documents of the hub', async () =>
        (await tools.kubectl(explain)).includes('Number of desired pods'),
      );
    }
    const { code, stderr } = await tools.run(
      'kubectl',
      ['apply', '--validate=strict', '-f', '-'],
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {}\n',
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('unknown field "datta"')]);
  });

  it('are scaled, labelled, edited by every patch and replaced', async () => {
    await tools.kubectl(['create', '-f', '-'], WEB);
    expect(await tools.kubectl(['scale', '-n', 'bar', 'deployment/web', '--replicas=4'])).toContain('scaled');
    await tools.kubectl(['label', '-n', 'bar', 'deployment/web', 'team=a']);
    expect(await tools.kubectl(['get', '-n', 'bar', 'deployments', '-l', 'team=a', '-o', 'name'])).toBe(
      'deployment.apps/web\n',
    );
    await tools.kubectl(['label', '-n', 'bar', 'deployment/web', 'team-']);
    expect(await tools.kubectl(['get', '-n', 'bar', 'deployments', '-l', 'team=a', '-o', 'name'])).toBe('');
    const patches = [
      [
        '--type=strategic',
        '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}',
      ],
      ['--type=merge', '{"metadata":{"annotations":{"a":"b"}}}'],
      ['--type=json', '[{"op":"replace","path":"/spec/replicas","value":5}]'],
    ] as const;
    for (const [type, patch] of patches)
      await tools.kubectl(['patch', '-n', 'bar', 'deployment/web', type, '-p', patch]);
    const path = '{.spec.replicas} {.spec.template.spec.containers[*].name} {.metadata.annotations.a}';
    const read = ['get', '-n', 'bar', 'deployment/web', '-o', `jsonpath=${path}`];
    expect(await tools.kubectl(read)).toBe('5 side nginx b');
    const stored = await tools.kubectl(['get', '-n', 'bar', 'deployment/web', '-o', 'yaml']);
    expect(
      await tools.kubectl(['replace', '-f', '-'], stored.replace('replicas: 5', 'replicas: 6')),
    ).toContain('replaced');
    expect((await tools.run('kubectl', ['replace', '-f', '-'], stored)).stderr).toContain(
      'the object has been modified',
    );
    const applied =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa, namespace: bar}\ndata: {a: "1"}\n';
    expect(await tools.kubectl(['apply', '--server-side', '-f', '-'], applied)).toContain(
      'serverside-applied',
    );
    expect(await tools.kubectl(['create', '--dry-run=server', '-f', '-'], configMap('dry', 'bar'))).toContain(
      'created (server dry run)',
    );
    expect(await tools.kubectl(['get', 'configmaps', '-n', 'bar', '-o', 'name'])).toBe('configmap/ssa\n');
    expect(await tools.kubectl(['delete', 'all', '--all', '-n', 'bar'])).toContain('"web" deleted');
  });

  it('of every other sort are taken as well: custom kinds, Jobs, Services, claims and roles', async () => {
    const text = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, namespace: bar}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: bar}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: node, namespace: bar}
spec: {type: NodePort, ports: [{port: 80}], selector: {app: web}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: 'system:templates'}
rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: bind, namespace: bar}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:templates'}
subjects: [{kind: ServiceAccount, name: default, namespace: bar}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door, namespace: bar}
spec: {defaultBackend: {service: {name: node, port: {number: 80}}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: example.com/fast
`;
    expect((await tools.kubectl(['apply', '-f', '-'], text)).match(/created/g)).toHaveLength(7);
    expect(await tools.kubectl(['apply', '-f', '-'], text)).not.toContain('created');
    const service = await tools.kubectl(['get', 'service', '-n', 'bar', 'node', '-o', 'jsonpath={.spec}']);
    expect(service).not.toMatch(/clusterIP|nodePort/);
    expect(await tools.kubectl(['get', 'job', '-n', 'bar', 'once', '-o', 'json'])).not.toContain(
      'controller-uid',
    );
    expect(await tools.kubectl(['get', 'clusterrole', 'system:templates', '-o', 'name'])).toContain(
      'system:templates',
    );
    expect(await tools.kubectl(['delete', '-f', '-'], text)).toContain('"claim" deleted');
  });

  it('stay while a Subscription uses them, and say so', async () => {
    const path = ['-n', 'foo', 'deployment', 'my-nginx'];
    await tools.kubectl(['delete', '--wait=false', ...path]);
    const why = '{.metadata.annotations.apps\\.clusternet\\.io/feed-protection}';
    await eventually('the reason to be shown', async () => {
      const text = await tools.kubectl(['get', ...path, '-o', `jsonpath=${why}`]);
      return text.startsWith(
        'block deleting current Deployment until all Subscriptions (including default/app-demo)',
      );
    });
    await nginxReady(fleet.child('one'), 3);
    await tools.kubectl(['delete', 'subscription', '-n', 'default', 'app-demo']);
    await eventually(
      'the template to be gone',
      async () => (await tools.run('kubectl', ['get', ...path])).code === 1,
    );
  });

  it('outlive a namespace of the parent under their name, which ends all the same', async () => {
    const namespaces = core(fleet.parent.client, 'Namespace', 'namespaces', false);
    await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'passing' } });
    await tools.kubectl(['create', '-f', '-'], configMap('stays', 'passing'));
    await namespaces.delete({ name: 'passing' });
    await eventually('the namespace to be gone', async () => {
      const { items } = await namespaces.list();
      return !items.some(({ metadata }) => metadata.name === 'passing');
    });
    expect(await tools.kubectl(['get', 'configmaps', '-n', 'passing', '-o', 'name'])).toBe(
      'configmap/stays\n',
    );
  });
});
