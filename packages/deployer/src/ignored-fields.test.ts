import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { omitIgnoredFields, planRelease } from './ignored-fields.ts';

function service(paths: string, spec: object, managedFields: object[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'foo',
      annotations: { 'apps.clusternet.io/ignore-fields': paths },
      managedFields: managedFields,
    },
    spec,
  };
}

const http = { name: 'http', port: 80, nodePort: 30080 };
const https = { name: 'https', port: 443, nodePort: 30443 };

/** As kube-apiserver records the apply of a Service with the ports above. */
function ownership(): JsonObject {
  const port = { '.': {}, 'f:name': {}, 'f:nodePort': {}, 'f:port': {} };
  return {
    'f:metadata': { 'f:annotations': { 'f:apps.clusternet.io/ignore-fields': {} } },
    'f:spec': {
      'f:externalIPs': {},
      'f:selector': {},
      'f:ports': {
        'k:{"port":80,"protocol":"TCP"}': structuredClone(port),
        'k:{"port":443,"protocol":"TCP"}': structuredClone(port),
      },
    },
  };
}
const ours = (fieldsV1: JsonObject) => ({
  manager: 'clusternet',
  operation: 'Apply',
  apiVersion: 'v1',
  fieldsV1,
});

describe('omitIgnoredFields', () => {
  it.each([
    { paths: '', want: { type: 'NodePort', ports: [http, https] } },
    { paths: '/spec/type', want: { ports: [http, https] } },
    {
      paths: '/spec/ports/0/nodePort',
      want: { type: 'NodePort', ports: [{ name: 'http', port: 80 }, https] },
    },
    {
      paths: '/spec/ports/*/nodePort',
      want: {
        type: 'NodePort',
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
      },
    },
    {
      paths: '/spec/ports/0 /spec/ports/1/nodePort',
      want: { type: 'NodePort', ports: [{ name: 'https', port: 443 }] },
    },
    { paths: '/spec/nowhere/at/all /spec/ports/7', want: { type: 'NodePort', ports: [http, https] } },
  ])('leaves out "$paths"', ({ paths, want }) => {
    const desired = service(paths, { type: 'NodePort', ports: [http, https] });
    expect(omitIgnoredFields(desired)['spec']).toEqual(want);
    expect(desired['spec']).toEqual({ type: 'NodePort', ports: [http, https] });
  });
});

describe('planRelease', () => {
  const release = (paths: string, spec: object = { ports: [http, https] }) => {
    const other = { manager: 'kubectl', operation: 'Update', fieldsV1: ownership() };
    const live = service(paths, { ports: [http, https], externalIPs: ['1.2.3.4'] }, [
      other,
      ours(ownership()),
    ]);
    const next = planRelease(service(paths, spec), live);
    expect(next?.[0] ?? other).toEqual(other); // nobody else loses anything
    return next?.[1]?.fieldsV1?.['f:spec'] as Record<string, Record<string, JsonObject>> | undefined;
  };

  it('lets go of a field of one item, found by its key', () => {
    const spec = release('/spec/ports/1/nodePort');
    expect(Object.keys(spec?.['f:ports']?.['k:{"port":443,"protocol":"TCP"}'] ?? {})).toEqual([
      '.',
      'f:name',
      'f:port',
    ]);
    expect(spec?.['f:ports']?.['k:{"port":80,"protocol":"TCP"}']).toHaveProperty('f:nodePort');
  });

  it('lets go of a field of every item', () => {
    for (const item of Object.values(release('/spec/ports/*/nodePort')?.['f:ports'] ?? {})) {
      expect(item).not.toHaveProperty('f:nodePort');
    }
  });

  it('lets go of what we deliver no more, too: it was left to others in the same change', () => {
    expect(release('/spec/selector', {})).not.toHaveProperty('f:selector');
    expect(
      release('/spec/ports/0/nodePort', {})?.['f:ports']?.['k:{"port":80,"protocol":"TCP"}'],
    ).not.toHaveProperty('f:nodePort');
  });

  it('leaves no empty set behind, which would stand for the whole', () => {
    const live = service('/spec/replicas', { replicas: 2 }, [
      ours({ 'f:spec': { 'f:replicas': {} }, 'f:data': {} }),
    ]);
    expect(planRelease(service('/spec/replicas', {}), live)).toEqual([ours({ 'f:data': {} })]);
  });

  it.each(['', '/spec/nowhere', '/spec/ports/7/nodePort', '/spec/ports/0/targetPort'])(
    'plans nothing where none of "%s" is ours',
    (paths) => {
      expect(release(paths)).toBeUndefined();
    },
  );

  it('refuses a part of what has one owner only', () => {
    expect(() => release('/spec/externalIPs/0')).toThrow(
      '/spec/externalIPs/0", but what is around it has one owner only',
    );
  });
});
