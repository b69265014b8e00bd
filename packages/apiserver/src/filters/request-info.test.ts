import { describe, expect, it } from 'vitest';
import { parseRequestInfo } from './request-info.ts';

describe('parseRequestInfo', () => {
  it.each([
    ['GET', '/api/v1/namespaces/a/pods', { verb: 'list', namespace: 'a', resource: 'pods', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=true', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/watch/pods', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', { verb: 'list', name: 'x' }],
    ['GET', '/api/v1/namespaces/a', { verb: 'get', namespace: 'a', resource: 'namespaces', name: 'a' }],
    [
      'PUT',
      '/api/v1/namespaces/a/finalize',
      { verb: 'update', resource: 'namespaces', name: 'a', subresource: 'finalize' },
    ],
    [
      'POST',
      '/apis/apps/v1/namespaces/a/deployments',
      { verb: 'create', group: 'apps', resource: 'deployments' },
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/a/deployments/x/scale',
      { verb: 'patch', name: 'x', subresource: 'scale' },
    ],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', { verb: 'deletecollection', name: '' }],
    [
      'GET',
      '/apis/proxies.clusternet.io/v1alpha1/sockets/c1/proxy/https/x',
      { resource: 'sockets', name: 'c1', subresource: 'proxy' },
    ],
    ['GET', '/api/v1/namespaces/a/configmaps/x%2Fy', { name: 'x/y' }],
    ['GET', '/healthz', { isResourceRequest: false, verb: 'get', path: '/healthz' }],
    ['GET', '/apis/apps/v1', { isResourceRequest: false }],
  ])('%s %s', (method, url, want) => {
    const [path = '', query = ''] = url.split('?');
    expect(parseRequestInfo(method, path, new URLSearchParams(query))).toMatchObject(want);
  });
});
