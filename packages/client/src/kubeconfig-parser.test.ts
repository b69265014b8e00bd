import { describe, expect, it } from 'vitest';
import { parseKubeconfig } from './kubeconfig-parser.ts';

/** A kubeconfig whose parts a test may replace. */
function kubeconfig(
  parts: { cluster?: unknown; user?: unknown; context?: unknown; extra?: object } = {},
): string {
  const {
    cluster = { server: 'https://10.0.0.1:6443' },
    user = {},
    context = { cluster: 'c', user: 'u' },
  } = parts;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    contexts: [{ name: 'x', context }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    ...parts.extra,
  });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('parseKubeconfig', () => {
  it('reads YAML as kubectl writes it', () => {
    const text = `
apiVersion: v1
kind: Config
current-context: prod
contexts:
- name: prod
  context: {cluster: a, user: admin, namespace: team}
clusters:
- name: a
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: ${base64('CA PEM')}
    tls-server-name: api.internal
users:
- name: admin
  user:
    client-certificate-data: ${base64('CERT')}
    client-key: keys/admin.key
`;
    expect(parseKubeconfig(text)).toEqual({
      context: 'prod',
      namespace: 'team',
      server: 'https://10.0.0.1:6443',
      caPem: 'CA PEM',
      serverName: 'api.internal',
      insecureSkipVerify: false,
      user: { certPem: 'CERT', keyFile: 'keys/admin.key' },
    });
  });

  it('takes the context that it is told to', () => {
    const contexts = [{ name: 'y', context: { cluster: 'c' } }];
    const parsed = parseKubeconfig(kubeconfig({ extra: { contexts } }), { context: 'y' });
    expect(parsed).toMatchObject({ context: 'y', namespace: 'default', user: {} });
  });

  it('reads impersonation', () => {
    const user = { as: 'jane', 'as-uid': '7', 'as-groups': ['dev'], 'as-user-extra': { scopes: ['a', 'b'] } };
    expect(parseKubeconfig(kubeconfig({ user })).user.impersonate).toEqual({
      user: 'jane',
      uid: '7',
      groups: ['dev'],
      extra: new Map([['scopes', ['a', 'b']]]),
    });
  });

  it('reads exec plugins and basic auth', () => {
    const exec = { command: 'get-token', args: ['-q'], env: [{ name: 'A', value: '1' }], installHint: 'apt' };
    const parsed = parseKubeconfig(kubeconfig({ user: { exec, username: 'a', password: 'b' } }));
    expect(parsed.user).toEqual({
      exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1' },
      username: 'a',
      password: 'b',
    });
  });

  it.each([
    { why: 'an empty user', user: null },
    { why: 'empty texts', user: { token: '', tokenFile: '', 'client-key-data': '' } },
  ])('takes $why as no credential', ({ user }) => {
    expect(parseKubeconfig(kubeconfig({ user })).user).toEqual({});
  });

  it.each([
    { why: 'not YAML', text: '{', want: 'f is not YAML' },
    { why: 'empty', text: '', want: 'f is empty' },
    { why: 'a list', text: '[]', want: 'f is not a kubeconfig: it is not a map' },
    { why: 'no current-context', text: '{}', want: 'f has no current-context; name a context' },
    {
      why: 'a missing context',
      text: kubeconfig({ extra: { contexts: [] } }),
      want: 'f has no context named "x"',
    },
    {
      why: 'contexts that are no list',
      text: kubeconfig({ extra: { contexts: {} } }),
      want: 'f: contexts is not a list',
    },
    { why: 'no cluster named', text: kubeconfig({ context: {} }), want: 'f names no cluster in context "x"' },
    {
      why: 'a missing cluster',
      text: kubeconfig({ context: { cluster: 'z' } }),
      want: 'f has no cluster named "z"',
    },
    {
      why: 'a missing user',
      text: kubeconfig({ context: { cluster: 'c', user: 'z' } }),
      want: 'f has no user named "z"',
    },
    { why: 'a missing server', text: kubeconfig({ cluster: {} }), want: 'f gives no server for cluster "c"' },
    {
      why: 'a server that is a number',
      text: kubeconfig({ cluster: { server: 6443 } }),
      want: 'f: server of cluster "c" is not text; put it in quotes',
    },
    {
      why: 'data that is not base64',
      text: kubeconfig({ cluster: { server: 's', 'certificate-authority-data': '-----BEGIN' } }),
      want: 'f: certificate-authority-data of cluster "c" is not base64',
    },
    {
      why: 'a token that YAML reads as a number, which would be dropped silently',
      text: kubeconfig({ user: { token: 123456 } }),
      want: 'f: token of user "u" is not text; put it in quotes',
    },
    {
      why: 'a switch that is text',
      text: kubeconfig({ cluster: { server: 's', 'insecure-skip-tls-verify': 'true' } }),
      want: 'f: insecure-skip-tls-verify of cluster "c" is neither true nor false',
    },
    {
      why: 'a CA that would be passed over',
      text: kubeconfig({
        cluster: { server: 's', 'insecure-skip-tls-verify': true, 'certificate-authority': 'ca.crt' },
      }),
      want: 'f gives cluster "c" a certificate authority and insecure-skip-tls-verify; choose one',
    },
    {
      why: 'a plugin without a command',
      text: kubeconfig({ user: { exec: {} } }),
      want: 'f: command of exec of user "u" is missing',
    },
    {
      why: 'groups that are no list',
      text: kubeconfig({ user: { as: 'a', 'as-groups': 'dev' } }),
      want: 'f: as-groups of user "u" is not a list',
    },
  ])('refuses $why', ({ text, want }) => {
    const parse = (): unknown => parseKubeconfig(text, { path: 'f' });
    expect(parse).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: want }));
  });

  it('never shows a credential in an error', () => {
    const text = kubeconfig({ user: { 'client-key-data': 'SECRET%%%' } });
    expect(() => parseKubeconfig(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('SECRET') as string }),
    );
  });

  it('does not take names that every object has for fields', () => {
    expect(() => parseKubeconfig('{"current-context":"constructor"}')).toThrow('has no context named');
  });
});
