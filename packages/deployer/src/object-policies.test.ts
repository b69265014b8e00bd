import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { parsePolicies } from './object-policies.ts';

const PREFIX = 'apps.clusternet.io/';

function annotated(annotations: Partial<Record<string, string>>, kind = 'Deployment'): KubeObject {
  const prefixed = Object.entries(annotations).map(([key, value = '']) => [`${PREFIX}${key}`, value]);
  const metadata = {
    name: 'web',
    namespace: 'foo',
    annotations: Object.fromEntries(prefixed) as Record<string, string>,
  };
  return { apiVersion: 'apps/v1', kind, metadata };
}

describe('parsePolicies', () => {
  it.each([
    { given: {}, want: { isAdopted: true, isReplaced: false, ignoredFields: [] } },
    {
      given: { adoption: 'Allow', 'replace-policy': 'Never', 'deletion-policy': 'Delete' },
      want: { isAdopted: true },
    },
    { given: { adoption: 'Refuse', 'deletion-policy': 'Orphan' }, want: { isAdopted: false } },
    { given: { 'replace-policy': 'Recreate' }, want: { isReplaced: true } },
    {
      given: { 'ignore-fields': '/spec/replicas, /spec/ports/*/nodePort\n/metadata/labels/a~1b' },
      want: {
        ignoredFields: [
          ['spec', 'replicas'],
          ['spec', 'ports', '*', 'nodePort'],
          ['metadata', 'labels', 'a/b'],
        ],
      },
    },
  ])('reads $given', ({ given, want }) => {
    expect(parsePolicies(annotated(given))).toMatchObject(want);
  });

  it.each([
    { given: { adoption: 'never' }, want: 'is Allow or Refuse, not "never"' },
    { given: { 'deletion-policy': 'Keep' }, want: 'is Delete or Orphan, not "Keep"' },
    { given: { 'replace-policy': 'Force' }, want: 'is Never or Recreate, not "Force"' },
    { given: { 'health-rule': 'Ready' }, want: 'is "Ready"; write it like one of condition=Ready' },
    { given: { 'ignore-fields': 'spec.replicas' }, want: 'has "spec.replicas", which is no path' },
    { given: { 'ignore-fields': '/' }, want: 'has "/", which is no path' },
    { given: { 'ignore-fields': '/spec/~2' }, want: 'has "/spec/~2", which is no path' },
    { given: { 'ignore-fields': '/metadata' }, want: 'has "/metadata", which has to be delivered' },
    { given: { 'ignore-fields': '/metadata/*' }, want: 'which has to be delivered' },
    { given: { 'ignore-fields': '/*' }, want: 'which has to be delivered' },
    { given: { 'ignore-fields': '/kind' }, want: 'which has to be delivered' },
    { given: { 'ignore-fields': '/metadata/annotations/mine' }, want: 'which has to be delivered' },
  ])('refuses $given', ({ given, want }) => {
    expect(() => parsePolicies(annotated(given))).toThrow(
      expect.objectContaining({
        code: 'INVALID_ANNOTATION',
        message: expect.stringContaining(want) as string,
      }) as Error,
    );
    expect(() => parsePolicies(annotated(given))).toThrow('of Deployment foo/web');
  });

  it.each(['Namespace', 'CustomResourceDefinition', 'PersistentVolume', 'PersistentVolumeClaim'])(
    'never has a %s made anew',
    (kind) => {
      expect(() => parsePolicies(annotated({ 'replace-policy': 'Recreate' }, kind))).toThrow(
        'data would be lost',
      );
    },
  );
});
