import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { findDrift } from './plan-drift.ts';

const desired: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'foo', labels: { app: 'web', 'a/b': 'c' }, annotations: {} },
  spec: {
    replicas: 3,
    strategy: {},
    paused: null,
    template: {
      spec: {
        containers: [{ name: 'main', image: 'nginx:1', args: ['a'], ports: [{ containerPort: 80 }] }],
        tolerations: [{ key: 'x' }],
      },
    },
  },
};

/** As kube-apiserver records the apply of the above. */
const fields = {
  'f:metadata': { 'f:labels': { 'f:app': {}, 'f:a/b': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"main"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:args': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:tolerations': {},
      },
    },
  },
};

function without(path: string): typeof fields {
  const copy = JSON.parse(JSON.stringify(fields)) as typeof fields;
  const parts = path.split(' ');
  let at: Record<string, unknown> = copy;
  for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>;
  Reflect.deleteProperty(at, parts.at(-1) ?? '');
  return copy;
}

function live(ours: object, ...others: object[]): KubeObject {
  const managedFields = [{ manager: 'clusternet', operation: 'Apply', fieldsV1: ours }, ...others];
  return { ...desired, metadata: { ...desired.metadata, managedFields: managedFields } };
}

const edit = (fieldsV1: object, manager = 'kubectl-edit', subresource?: string) => ({
  manager,
  operation: 'Update',
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});

describe('findDrift', () => {
  it('finds nothing in what is as it was delivered, defaults and empty values included', () => {
    expect(findDrift(desired, live(fields))).toEqual({ paths: [], managers: [] });
  });

  it('finds a field that somebody changed, and who', () => {
    const other = edit({ 'f:spec': { 'f:replicas': {} } });
    expect(findDrift(desired, live(without('f:spec f:replicas'), other))).toEqual({
      paths: ['/spec/replicas'],
      managers: ['kubectl-edit'],
    });
  });

  it.each([
    ['a label', 'f:metadata f:labels f:a/b', '/metadata/labels/a~1b'],
    [
      'an image',
      'f:spec f:template f:spec f:containers k:{"name":"main"} f:image',
      '/spec/template/spec/containers/0/image',
    ],
    ['every container', 'f:spec f:template f:spec f:containers', '/spec/template/spec/containers'],
    ['a list that is one value', 'f:spec f:template f:spec f:tolerations', '/spec/template/spec/tolerations'],
    ['everything below', 'f:spec', '/spec'],
  ])('finds %s', (_what, gone, path) => {
    expect(findDrift(desired, live(without(gone))).paths).toContain(path);
  });

  it('leaves the replica count to an autoscaler, and to nobody else', () => {
    const scaled = { 'f:spec': { 'f:replicas': {} } };
    const taken = without('f:spec f:replicas');
    const autoscaler = edit(scaled, 'kube-controller-manager', 'scale');
    expect(findDrift(desired, live(taken, autoscaler)).paths).toEqual([]);
    expect(findDrift(desired, live(taken, edit(scaled, 'kubectl', 'scale'))).paths).toEqual([
      '/spec/replicas',
    ]);
  });

  it('finds all in what no longer has our record', () => {
    const gone = { ...desired, metadata: { ...desired.metadata, managedFields: [] } };
    expect(findDrift(desired, gone).paths).toEqual(['/spec', '/metadata']);
  });
});
