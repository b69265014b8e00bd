import { isDnsSubdomain } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { legacyManifestNameOf, manifestNameOf, secondManifestNameOf } from './manifest-names.ts';

const configMaps = { resource: 'configmaps', group: '' };
const roles = { resource: 'clusterroles', group: 'rbac.authorization.k8s.io' };

describe('manifestNameOf', () => {
  it('is plural, namespace and name', () => {
    expect(manifestNameOf(configMaps, { namespace: 'foo', name: 'bar' })).toBe('configmaps.foo.bar');
    expect(manifestNameOf(roles, { namespace: '', name: 'view' })).toBe('clusterroles.view');
    expect(legacyManifestNameOf(configMaps, { namespace: 'foo', name: 'bar' })).toBe('configmaps-foo-bar');
  });

  it.each(['system:node', 'Upper', 'a_b', ':', 'x'.repeat(253), '-.-', `${'x.'.repeat(126)}x`])(
    'B S-25: a Manifest can be called after "%s", and only that',
    (name) => {
      const made = manifestNameOf(roles, { namespace: '', name });
      expect(isDnsSubdomain(made), made).toBe(true);
      expect(made).not.toBe(manifestNameOf(roles, { namespace: '', name: `${name}:` }));
    },
  );

  it('B S-16: a plural of two groups does not end in one Manifest', () => {
    const place = { namespace: 'foo', name: 'web' };
    const second = secondManifestNameOf({ resource: 'services', group: 'serving.example.com' }, place);
    expect(isDnsSubdomain(second)).toBe(true);
    expect(second).not.toBe(manifestNameOf({ resource: 'services' }, place));
    expect(second).not.toBe(
      secondManifestNameOf({ resource: 'services', group: 'other.example.com' }, place),
    );
  });
});
