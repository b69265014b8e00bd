import { bearerHeaders } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import { connectChild } from './child-connection.ts';

const parent = { server: 'https://p:6443/', getHeaders: bearerHeaders('of-parent') };
const nobody = { asGroups: [] };

describe('connectChild', () => {
  it('goes as the caller without a kubeconfig of the child', async () => {
    const connection = await connectChild(parent, 'id', undefined, nobody);
    expect(connection.server).toBe(
      'https://p:6443/apis/proxies.clusternet.io/v1alpha1/sockets/id/proxy/direct',
    );
    expect(await connection.getHeaders?.()).toEqual({ authorization: 'Bearer of-parent' });
  });

  it('brings a token of the child along, and whom to be there', async () => {
    const child = { server: 'https://c', getHeaders: bearerHeaders('of-child') };
    const connection = await connectChild(parent, 'id', child, {
      as: 'jane',
      asUid: '7',
      asGroups: ['a', 'b'],
    });
    expect(await connection.getHeaders?.()).toEqual({
      authorization: 'Bearer of-parent',
      'impersonate-user': 'clusternet',
      'impersonate-extra-clusternet-token': 'of-child',
      'impersonate-extra-clusternet-impersonate-user': 'jane',
      'impersonate-extra-clusternet-impersonate-uid': '7',
      'impersonate-extra-clusternet-impersonate-group': ['a', 'b'],
    });
  });

  it('brings a client certificate along', async () => {
    const connection = await connectChild(
      parent,
      'id',
      { server: 'https://c', certPem: 'cert', keyPem: 'key' },
      nobody,
    );
    expect(await connection.getHeaders?.()).toMatchObject({
      'impersonate-extra-clusternet-certificate': Buffer.from('cert').toString('base64'),
      'impersonate-extra-clusternet-privatekey': Buffer.from('key').toString('base64'),
    });
  });

  it('refuses what cannot travel', async () => {
    const child = { server: 'https://c', certPem: 'cert' };
    await expect(connectChild(parent, 'id', child, nobody)).rejects.toMatchObject({ code: 'UNUSABLE' });
    const both = { ...parent, getHeaders: () => Promise.resolve({ 'impersonate-user': 'x' }) };
    const other = { server: 'https://c', getHeaders: bearerHeaders('t') };
    const connection = await connectChild(both, 'id', other, nobody);
    await expect(connection.getHeaders?.()).rejects.toMatchObject({ code: 'UNUSABLE' });
  });
});
