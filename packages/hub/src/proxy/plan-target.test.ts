import { isApiError } from '@clusternet/apiserver';
import { describe, expect, it } from 'vitest';
import { planTarget } from './plan-target.ts';

const BASE = '/apis/proxies.clusternet.io/v1alpha1/sockets/c-1';
const API = 'https://10.96.0.1:443';

const targetOf = (suffix: string, apiserverUrl: string | undefined = API): string => {
  const { isTls, authority, path } = planTarget(BASE + suffix, 'c-1', apiserverUrl);
  return `${isTls ? 'https' : 'http'}://${authority}${path}`;
};

describe('planTarget', () => {
  it.each([
    ['/proxy/direct/api/v1/pods?limit=5', 'https://10.96.0.1:443/api/v1/pods?limit=5'],
    ['/proxy/direct', 'https://10.96.0.1:443/'],
    ['/proxy/direct?x=1', 'https://10.96.0.1:443/?x=1'],
    ['/proxy/direct/', 'https://10.96.0.1:443/'],
    ['/proxy/direct/version/', 'https://10.96.0.1:443/version/'],
    ['/proxy//direct/version', 'https://10.96.0.1:443/version'],
    ['/proxy/direct//api/../version', 'https://10.96.0.1:443/version'],
    ['/proxy/direct/a/./b//c', 'https://10.96.0.1:443/a/b/c'],
    ['/proxy/direct/../../x', 'https://10.96.0.1:443/x'],
    ['/proxy/direct/%2e%2E/x', 'https://10.96.0.1:443/x'],
    ['/proxy/direct/api/v1/a%2Fb/%20c?q=%2F&r=a+b', 'https://10.96.0.1:443/api/v1/a%2Fb/%20c?q=%2F&r=a+b'],
    ['/proxy/direct/a?p=/../..', 'https://10.96.0.1:443/a?p=/../..'],
    ['/proxy/https/demo.com:6443/api', 'https://demo.com:6443/api'],
    ['/proxy/https/demo.com/api', 'https://demo.com/api'],
    ['/proxy/https/%5Bfd00::1%5D:6443/api', 'https://[fd00::1]:6443/api'],
    ['/proxy/http/localhost:8080/replicas/predict', 'http://localhost:8080/replicas/predict'],
    ['/proxy/http/10.0.0.1', 'http://10.0.0.1/'],
  ])('%s leads to %s', (suffix, want) => {
    expect(targetOf(suffix)).toBe(want);
  });

  it.each([
    ['https://rancher/k8s/clusters/c-1', '/proxy/direct/api/v1', 'https://rancher/k8s/clusters/c-1/api/v1'],
    ['https://rancher/k8s/clusters/c-1/', '/proxy/direct/../../api', 'https://rancher/k8s/clusters/c-1/api'],
    ['https://rancher/k8s/c-1', '/proxy/direct', 'https://rancher/k8s/c-1'],
    ['https://rancher/k8s/c-1', '/proxy/direct/', 'https://rancher/k8s/c-1/'],
    ['http://10.0.0.1', '/proxy/direct/x', 'http://10.0.0.1/x'],
  ])('a child at %s keeps its base path under %s', (apiserverUrl, suffix, want) => {
    expect(targetOf(suffix, apiserverUrl)).toBe(want);
  });

  it.each([
    ['https://a', 'a:443'],
    ['http://a', 'a:80'],
    ['https://a:6443/p', 'a:6443'],
    ['https://[fd00::1]:6443', '[fd00::1]:6443'],
    ['https://[fd00::1]', '[fd00::1]:443'],
  ])('the agent dials for %s: %s', (apiserverUrl, want) => {
    expect(planTarget(`${BASE}/proxy/direct`, 'c-1', apiserverUrl).address).toBe(want);
  });

  it('counts segments as authorization does', () => {
    const url = '//apis/proxies.clusternet.io//v1alpha1/sockets/c-1/proxy/direct/x';
    expect(planTarget(url, 'c-1', API).path).toBe('/x');
  });

  it.each([
    ['/proxy', API, 'BadRequest', 'names no target'],
    ['/proxy/', API, 'BadRequest', 'names no target'],
    ['/proxy/ftp/x/y', API, 'BadRequest', 'unsupported protocol scheme "ftp"'],
    ['/proxy/https', API, 'BadRequest', 'is not a host'],
    ['/proxy/https/u:p@x/', API, 'BadRequest', 'is not a host'],
    ['/proxy/https/a%2Fb/', API, 'BadRequest', 'is not a host'],
    ['/proxy/direct/a%2F..%2Fb', API, 'BadRequest', 'hides a parent directory'],
    ['/proxy/direct', undefined, 'ServiceUnavailable', 'cannot retrieve valid apiserver url for cluster c-1'],
    [
      '/proxy/direct',
      'nonsense',
      'ServiceUnavailable',
      'cannot retrieve valid apiserver url for cluster c-1',
    ],
  ])('%s with %s is %s', (suffix, apiserverUrl, code, message) => {
    const attempt = (): unknown => planTarget(BASE + suffix, 'c-1', apiserverUrl);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.toSatisfy((error) => isApiError(error, code as 'BadRequest')));
  });
});
