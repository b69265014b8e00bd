import { describe, expect, it } from 'vitest';
import { toShadowUrl } from './shadow-path.ts';

describe('toShadowUrl', () => {
  // A §9: the examples of the Go wrapper.
  it.each([
    ['/api/v1/namespaces', '/apis/shadow/v1alpha1/namespaces'],
    ['/api/v1/namespaces/a/serviceaccounts/x', '/apis/shadow/v1alpha1/namespaces/a/serviceaccounts/x'],
    [
      '/apis/apps/v1/namespaces/foo/deployments?watch=true',
      '/apis/shadow/v1alpha1/namespaces/foo/deployments?watch=true',
    ],
    [
      '/apis/samplecontroller.k8s.io/v1alpha1/namespaces/default/foos',
      '/apis/shadow/v1alpha1/namespaces/default/foos',
    ],
    ['/apis/far/v1bar/namespaces/abc/vms/abc', '/apis/shadow/v1alpha1/namespaces/abc/vms/abc'],
    ['/api/v1/namespaces/a/configmaps/x%2Fy', '/apis/shadow/v1alpha1/namespaces/a/configmaps/x%2Fy'],
  ])('%s', (path, want) => {
    expect(toShadowUrl(path)).toBe(want);
  });

  it.each([
    '/api',
    '/api/v1',
    '/apis',
    '/apis/apps/v1',
    '/apis/apps/v1?timeout=32s',
    '/version',
    '/openapi/v3/apis/apps/v1',
    '/apis/apps.clusternet.io/v1alpha1/subscriptions',
    '/apis/clusters.clusternet.io/v1beta1/managedclusters?limit=500',
    '/apis/proxies.clusternet.io/v1alpha1/sockets/abc/proxy/direct/api/v1/foos',
  ])('leaves %s', (path) => {
    expect(toShadowUrl(path)).toBe(path);
  });
});
