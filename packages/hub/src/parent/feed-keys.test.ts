import { describe, expect, it } from 'vitest';
import { describeFeed, isManifestOf, manifestKey, manifestKeyOfLabels } from './feed-keys.ts';
import { configMap, manifest } from './objects.fixture.ts';

describe('feed keys', () => {
  it('finds a Manifest by the feed, core group and named group alike', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'foo', name: 'web' },
    };
    expect(manifestKeyOfLabels(manifest(deployment))).toBe(
      manifestKey({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'foo', name: 'web' }),
    );
    expect(manifestKeyOfLabels(manifest(configMap('a')))).toBe(
      manifestKey({ apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }),
    );
  });

  it.each([
    { apiVersion: '', kind: 'ConfigMap', name: 'a' },
    { apiVersion: 'a/b/c', kind: 'ConfigMap', name: 'a' },
    { apiVersion: 'a/', kind: 'ConfigMap', name: 'a' },
    { apiVersion: 'v2', kind: 'ConfigMap', name: 'a' },
    { apiVersion: 'v1', kind: 'Secret', name: 'a' },
  ])('finds nothing by $apiVersion $kind', (feed) => {
    expect(manifestKey(feed)).not.toBe(manifestKeyOfLabels(manifest(configMap('a'))));
  });

  it.each([
    { namespace: undefined, want: true },
    { namespace: '', want: true },
    { namespace: 'foo', want: true },
    { namespace: 'bar', want: false },
  ])('a feed in namespace $namespace: $want', ({ namespace, want }) => {
    const feed = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'a',
      ...(namespace !== undefined && { namespace }),
    };
    expect(isManifestOf(manifest(configMap('a')), feed)).toBe(want);
  });

  it('names feeds for people', () => {
    expect(describeFeed({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'foo', name: 'a' })).toBe(
      'ConfigMap foo/a',
    );
    expect(describeFeed({ apiVersion: 'v1', kind: 'Namespace', name: 'foo' })).toBe('Namespace foo');
  });
});
