import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

const CHART = { apiVersion: 'v2', name: 'demo', version: '0.1.0' };
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.conformance.example.com' },
  spec: {
    group: 'conformance.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};
const TEMPLATES = {
  'map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  value: {{ .Values.value | quote }}\n',
  'widget.yaml':
    'apiVersion: conformance.example.com/v1\nkind: Widget\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  size: 3\n',
  'hook.yaml': [
    'apiVersion: batch/v1',
    'kind: Job',
    'metadata:',
    '  name: {{ .Release.Name }}-before',
    '  annotations:',
    '    helm.sh/hook: pre-install,pre-upgrade',
    '    helm.sh/hook-delete-policy: before-hook-creation',
    'spec:',
    '  template:',
    '    spec:',
    '      restartPolicy: Never',
    '      containers: [{ name: main, image: example.invalid/hook }]',
    '',
  ].join('\n'),
};

/** The life of a release: a chart with a CRD, an object of it, and a hook. */
describe(`helm on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'helm'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    for (const part of ['templates', 'crds'])
      mkdirSync(join(tools.folder, 'demo', part), { recursive: true });
    tools.write('demo/Chart.yaml', JSON.stringify(CHART));
    tools.write('demo/values.yaml', 'value: one\n');
    tools.write('demo/crds/widgets.yaml', JSON.stringify(CRD));
    for (const [name, text] of Object.entries(TEMPLATES)) tools.write(`demo/templates/${name}`, text);
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
  });
  afterAll(() => stack.disposeAsync());

  const value = (): Promise<string> =>
    tools.kubectl(['get', 'configmap', 'demo', '-o', 'jsonpath={.data.value}']);

  it('installs', async () => {
    await tools.helm(['install', 'demo', './demo', '--wait', '--timeout=25s']);
    expect(await value()).toBe('one');
    expect(await tools.kubectl(['get', 'widget', 'demo', '-o', 'jsonpath={.spec.size}'])).toBe('3');
    expect(await tools.kubectl(['get', 'job', 'demo-before', '-o', 'jsonpath={.status.succeeded}'])).toBe(
      '1',
    );
  });

  it('upgrades', async () => {
    await tools.helm(['upgrade', 'demo', './demo', '--set=value=two', '--wait', '--timeout=25s']);
    expect(await value()).toBe('two');
  });

  it('rolls back', async () => {
    await tools.helm(['rollback', 'demo', '1', '--wait', '--timeout=25s']);
    expect(await value()).toBe('one');
  });

  it('knows its history', async () => {
    const history = JSON.parse(await tools.helm(['history', 'demo', '-o', 'json'])) as { status: string }[];
    expect(history.map(({ status }) => status)).toEqual(['superseded', 'superseded', 'deployed']);
  });

  it('uninstalls', async () => {
    await tools.helm(['uninstall', 'demo', '--wait', '--timeout=25s']);
    expect((await tools.run('kubectl', ['get', 'configmap', 'demo'])).code).toBe(1);
    expect(await tools.kubectl(['get', 'crd', CRD.metadata.name, '-o', 'name'])).toContain('widgets');
  });
});
