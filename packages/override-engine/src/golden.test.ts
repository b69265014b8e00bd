import { describe, expect, it } from 'vitest';
import {
  add,
  chart,
  code,
  entry,
  helm,
  merge,
  patch,
  remove,
  render,
  replace,
  source,
} from './builders.fixture.ts';
import { renderDocument } from './render-document.ts';
import { renderHelmChart } from './render-helm-chart.ts';

/** The worked examples of spec C §3.7. */
describe('golden examples', () => {
  it('EX-1: a chart and its values, Globalization before Localization', () => {
    const global = { kind: 'Globalization', name: 'g' } as const;
    const mysql = {
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'HelmChart',
      metadata: {
        name: 'mysql',
        namespace: 'default',
        uid: 'x',
        resourceVersion: '7',
        finalizers: ['f'],
        managedFields: [{}],
        labels: { kept: 'yes' },
      },
      spec: {
        repo: 'https://charts.bitnami.com/bitnami',
        chart: 'mysql',
        version: '9.2.0',
        targetNamespace: 'abc',
        createNamespace: true,
        timeoutSeconds: 300,
      },
      status: { phase: 'Found' },
    };
    const globalization = [
      helm('commonLabels:\n  clusternet.io/override-by: clusternet-hub\n  some-label: some-value', {
        source: global,
      }),
      helm('{"primary":{"persistence":{"enabled":false}}}', { source: global }),
      chart('spec: {version: 9.1.0}', { source: global }),
      chart('metadata: {labels: {some-label: some-value, another-label: another-value}}', { source: global }),
    ];
    const localization = [
      helm('image: {tag: 8.0.26-debian-10-r39}'),
      helm('auth: {database: database_for_clusternet-5l82l}'),
      chart('spec: {version: 9.1.8}'),
      chart('metadata: {labels: {some-label: some-value-2, another-label: another-value-2}}'),
    ];
    const result = renderHelmChart({ chart: mysql, overrides: [...globalization, ...localization] });
    expect(result.values).toEqual({
      auth: { database: 'database_for_clusternet-5l82l' },
      commonLabels: { 'clusternet.io/override-by': 'clusternet-hub', 'some-label': 'some-value' },
      image: { tag: '8.0.26-debian-10-r39' },
      primary: { persistence: { enabled: false } },
    });
    expect(result.chart).toEqual({
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'HelmChart',
      metadata: {
        name: 'mysql',
        namespace: 'default',
        resourceVersion: '7',
        finalizers: ['f'],
        labels: { kept: 'yes', 'some-label': 'some-value-2', 'another-label': 'another-value-2' },
      },
      spec: { ...mysql.spec, version: '9.1.8' },
    });
    expect(result.chartProvenance.get('/spec/version')).toMatchObject({
      source,
      index: 2,
      replaced: '9.2.0',
    });

    const elsewhere = renderHelmChart({ chart: mysql, overrides: globalization });
    expect(elsewhere.chart).toMatchObject({
      spec: { version: '9.1.0' },
      metadata: { labels: { 'some-label': 'some-value' } },
    });
    expect(Object.keys(elsewhere.values!).toSorted()).toEqual(['commonLabels', 'primary']);
  });

  it('EX-2: an nginx Deployment through seven policies', () => {
    const labels = { 'clusternet-app': 'multi-cluster-nginx', 'clusternet.io/created-by': 'clusternet-hub' };
    const nginx = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'my-nginx', namespace: 'foo', labels, annotations: { lost: 'yes' } },
      spec: {
        replicas: 3,
        template: {
          spec: { containers: [{ name: 'nginx', image: 'nginx:1.14.2', ports: [{ containerPort: 80 }] }] },
        },
      },
    };
    const rendered = render(
      nginx,
      merge({ metadata: { labels: { 'some-label': 'some-value', 'another-label': 'another-value' } } }),
      merge({ metadata: { labels: { 'another-label': null, 'some-other-label': null } } }),
      merge({ metadata: { labels: { 'deployed-in-cluster': 'clusternet-5l82l' } } }),
      patch(replace('/spec/replicas', 1)),
      patch(replace('/spec/replicas', 3), add('/metadata/annotations', { foo: 'bar' })),
      patch(
        replace('/spec/template/spec/containers/0/image', 'nginx:1.14.0-alpine'),
        replace('/spec/template/spec/containers/0/name', 'nginx-container'),
      ),
      patch(add('/spec/template/spec/containers/1', { name: 'redis-container', image: 'redis:6.2.5' })),
      patch(replace('/spec/replicas', 2)),
    );
    expect(rendered).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'my-nginx',
        namespace: 'foo',
        labels: { ...labels, 'deployed-in-cluster': 'clusternet-5l82l', 'some-label': 'some-value' },
        annotations: { foo: 'bar' },
      },
      spec: {
        replicas: 2,
        template: {
          spec: {
            containers: [
              { name: 'nginx-container', image: 'nginx:1.14.0-alpine', ports: [{ containerPort: 80 }] },
              { name: 'redis-container', image: 'redis:6.2.5' },
            ],
          },
        },
      },
    });
  });

  it('EX-3: a missing path discards its whole entry and is noted', () => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'n' },
      data: { a: '1' },
    };
    const overrides = [
      { ...patch(replace('/data/a', '2'), remove('/data/zzz')), name: 'first' },
      patch(replace('/data/b', 'new')),
      patch(add('/binaryData/x', 'eA==')),
    ];
    const result = renderDocument({ document: configMap, overrides });
    expect(result.document).toEqual({ ...configMap, data: { a: '1', b: 'new' } });
    expect(result.notices).toEqual([
      {
        code: 'PATH_NOT_FOUND',
        source,
        name: 'first',
        index: 0,
        path: '/data/zzz',
        message:
          'override "first" (entry 0) of Localization n/l has no effect: JSON patch remove "/data/zzz": the document has no key "zzz" there (operation 1, "/data" is a map with a); correct the path, or add what it leads through first',
      },
      expect.objectContaining({ code: 'PATH_NOT_FOUND', name: undefined, index: 2, path: '/binaryData/x' }),
    ]);
  });

  describe('EX-4: lists', () => {
    const document = { apiVersion: 'v1', kind: 'X', spec: { l: ['a', 'b'] } };

    it.each([
      { why: 'replace past the end', operation: replace('/spec/l/5', 'x'), want: ['a', 'b'] },
      { why: 'append', operation: add('/spec/l/-', 'c'), want: ['a', 'b', 'c'] },
      { why: 'replace the last but none', operation: replace('/spec/l/-1', 'last'), want: ['a', 'last'] },
      {
        why: 'append, then replace the last',
        operation: [add('/spec/l/-', 'c'), replace('/spec/l/-1', 'last')],
        want: ['a', 'b', 'last'],
      },
    ])('$why', ({ operation, want }) => {
      expect(render(document, patch(...[operation].flat()))).toEqual({ ...document, spec: { l: want } });
    });

    it.each([
      { why: 'remove past the end', given: patch(remove('/spec/l/5')), want: 'INVALID_PATCH' },
      { why: 'add past the end', given: patch(add('/spec/l/5', 'x')), want: 'INVALID_PATCH' },
      { why: 'a failed test', given: patch({ op: 'test', path: '/kind', value: 'Y' }), want: 'TEST_FAILED' },
      { why: 'an unknown operation', given: patch({ op: 'spam', path: '/kind' }), want: 'INVALID_PATCH' },
      { why: 'a patch that is no list', given: entry('JSONPatch', '{}'), want: 'INVALID_PATCH' },
    ])('$why is an error', ({ given, want }) => {
      expect(code(document, given)).toBe(want);
    });

    it('a test on a missing parent discards the entry', () => {
      expect(render(document, patch({ op: 'test', path: '/nope/x', value: 'Y' }, add('/spec/q', 1)))).toEqual(
        document,
      );
    });

    it('a null on the way is a missing parent', () => {
      const withNull = { ...document, metadata: { annotations: null } };
      expect(render(withNull, patch(add('/metadata/annotations/foo', 'x')))).toEqual(withNull);
    });

    it('names the override in an error', () => {
      expect(() => render(document, patch(), { ...patch(remove('/spec/l/5')), name: 'cut' })).toThrow(
        'override "cut" (entry 1) of Localization n/l: JSON patch remove "/spec/l/5": "5" is no index of this list',
      );
    });
  });

  it('EX-5: nulls and lists in Helm values', () => {
    const { values } = renderHelmChart({
      chart: {},
      overrides: [
        helm('{"a":null,"b":{"x":1,"y":2},"l":[1,2],"t":{"k":1}}'),
        helm('{"b":{"x":null,"z":3},"l":[9],"c":null}'),
        helm('{"t":5,"b":{"w":null}}'),
      ],
    });
    expect(values).toEqual({ a: null, b: { w: null, y: 2, z: 3 }, c: null, l: [9], t: 5 });
  });

  it('EX-6: an odd order on a chart', () => {
    const { values, notices } = renderHelmChart({
      chart: {},
      overrides: [
        patch(add('/x', 1)),
        helm('{"status":{"enabled":true},"metadata":{"uid":"u","k":1},"z":1}'),
        patch(add('/y', 2)),
      ],
    });
    expect(values).toEqual({ metadata: { k: 1 }, y: 2, z: 1 });
    expect(notices).toEqual([expect.objectContaining({ code: 'BLANK_DOCUMENT', index: 0 })]);
  });

  it('EX-7: what overrideChart cannot change', () => {
    const result = renderHelmChart({
      chart: {
        metadata: { name: 'mysql', labels: { a: '1', b: '2' } },
        spec: { repo: 'https://old', chart: 'mysql', version: '9.2.0', targetNamespace: 'abc' },
      },
      overrides: [
        chart(
          '{"metadata":{"name":"mysql-eu","labels":{"a":null}},"spec":{"chart":"other","targetNamespace":"xyz","repo":"https://new"}}',
        ),
        chart('{"metadata":{"labels":{"b":null}},"spec":{"version":"9.3.0"}}'),
      ],
    });
    expect(result.chart).toEqual({
      metadata: { name: 'mysql-eu', labels: { b: '2' } },
      spec: { repo: 'https://new', chart: 'mysql', version: '9.3.0', targetNamespace: 'abc' },
    });
    expect(result.values).toBeUndefined();
    expect(result.chartProvenance.get('/metadata/labels/a')).toMatchObject({ index: 0, replaced: '1' });
    expect(result.chartProvenance.has('/spec/chart')).toBe(false);
  });

  it.each([
    'x: {a: yes, b: off, c: 012, e: 1_000, f: 1e3, g: 0x1F, h: y, i: ~, j: 2021-01-01, k: "012", 1: one, m: 1.0, n: 12:30}',
    'x:\n  a: yes\n  b: off\n  c: 012\n  e: 1_000\n  f: 1e3\n  g: 0x1F\n  h: y\n  i: ~\n  j: 2021-01-01\n  k: "012"\n  1: one\n  m: 1.0\n  n: 12:30',
  ])('EX-8: YAML 1.1', (value) => {
    const document = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, x: {} };
    expect(render(document, merge(value))).toEqual({
      ...document,
      x: {
        '1': 'one',
        a: true,
        b: false,
        c: 10,
        e: 1000,
        f: 1000,
        false: '12:30',
        g: 31,
        h: true,
        j: '2021-01-01',
        k: '012',
        m: 1,
      },
    });
  });

  it('EX-10: merge patch and lists', () => {
    const document = { apiVersion: 'v1', kind: 'X', spec: { l: [{ n: 'a', v: 1 }], o: { p: 1 } } };
    const value = {
      spec: {
        l: [{ n: 'b', v: null }, null],
        m: [{ q: null, r: 1 }],
        o: [{ s: null }],
        new: { t: null, u: 1 },
      },
    };
    expect(render(document, merge(value))).toEqual({
      ...document,
      spec: { l: [{ n: 'b' }, null], m: [{ r: 1 }], new: { u: 1 }, o: [{ s: null }] },
    });
  });

  it('EX-11: flags on an ordinary object', () => {
    const document = { apiVersion: 'v1', kind: 'X', spec: { l: [1, 2], o: { p: 1 } } };
    expect(
      render(
        document,
        helm({ spec: { l: [3], o: { q: 2 } } }),
        merge({ spec: { ignored: 1 } }, { overrideChart: true }),
        merge({ spec: { applied: 1 } }, { overrideChart: true }),
      ),
    ).toEqual({ ...document, spec: { applied: 1, l: [3], o: { p: 1, q: 2 } } });
  });
});
