import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { describe, expect, it } from 'vitest';
import { bearerHeaders } from './connection-config.ts';
import { fromKubeConfig, toKubeConfig } from './kube-config-bridge.ts';

function kubeConfig(user: object): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      name: 'c',
      server: 'https://c:6443',
      caData: Buffer.from('CA').toString('base64'),
      skipTLSVerify: false,
      tlsServerName: 'n',
    },
    { name: 'u', ...user },
  );
  return config;
}

describe('fromKubeConfig', () => {
  it('takes address, CA, certificate and token', async () => {
    const certData = Buffer.from('CERT').toString('base64');
    const keyData = Buffer.from('KEY').toString('base64');
    const connection = await fromKubeConfig(kubeConfig({ token: 't', certData, keyData }));
    expect(connection).toMatchObject({
      server: 'https://c:6443',
      caPem: 'CA',
      certPem: 'CERT',
      keyPem: 'KEY',
      serverName: 'n',
      insecureSkipVerify: false,
    });
    expect(await connection.getHeaders?.()).toEqual({ authorization: 'Bearer t' });
  });

  it('takes a password, and says what is missing', async () => {
    const connection = await fromKubeConfig(kubeConfig({ username: 'x', password: 'y' }));
    expect(await connection.getHeaders?.()).toEqual({ authorization: 'Basic eDp5' });
    await expect(fromKubeConfig(new KubeConfig())).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('toKubeConfig', () => {
  it('is read back as the connection that it was made of', async () => {
    const given = {
      server: 'https://p/apis/proxies/direct',
      caPem: 'CA',
      certPem: 'CERT',
      keyPem: 'KEY',
      serverName: 'n',
      getHeaders: bearerHeaders('fresh'),
    };
    const { getHeaders, ...connection } = await fromKubeConfig(await toKubeConfig(given));
    const { getHeaders: _given, ...want } = given;
    expect(connection).toEqual({ ...want, insecureSkipVerify: false });
    expect(await getHeaders?.()).toEqual({ authorization: 'Bearer fresh' });
  });

  it('does not make one group of several', async () => {
    const getHeaders = () => Promise.resolve({ 'impersonate-group': ['a', 'b'] });
    const config = await toKubeConfig({ server: 'https://p', getHeaders });
    await expect(config.applyToHTTPSOptions({})).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
