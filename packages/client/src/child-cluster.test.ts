import { describe, expect, it } from 'vitest';
import { childClusterConfig } from './child-cluster.ts';
import { clusternetRef } from './clusternet-ref.ts';
import { bearerHeaders } from './connection-config.ts';

const id = 'dc91021d-2361-4f6d-a404-7c33b9e01118';

describe('childClusterConfig', () => {
  it('goes through the parent, as the parent user, with the child token beside it', async () => {
    const parent = { server: 'https://parent:6443/', caPem: 'CA', getHeaders: bearerHeaders('parent-token') };
    const config = childClusterConfig(parent, id, { token: 'child-token' });
    expect(config.server).toBe(
      `https://parent:6443/apis/proxies.clusternet.io/v1alpha1/sockets/${id}/proxy/direct`,
    );
    expect(config.caPem).toBe('CA');
    expect(await config.getHeaders?.()).toEqual({
      authorization: 'Bearer parent-token',
      'impersonate-user': 'clusternet',
      'impersonate-extra-clusternet-token': 'child-token',
    });
  });
});

describe('clusternetRef', () => {
  it('knows where our kinds are', () => {
    expect(clusternetRef('Description')).toEqual({
      group: 'apps.clusternet.io',
      version: 'v1alpha1',
      plural: 'descriptions',
      kind: 'Description',
      namespaced: true,
    });
    expect(clusternetRef('ClusterRegistrationRequest').namespaced).toBe(false);
  });
});
