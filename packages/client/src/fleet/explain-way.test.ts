import { describe, expect, it } from 'vitest';
import { explainWay } from './explain-way.ts';

const status = (message: string) => JSON.stringify({ kind: 'Status', message });
const explain = (code: number, text: string) => explainWay('east', 'parent https://p', code, text);

describe('explainWay', () => {
  it.each([
    { code: 400, message: 'no cluster id is x', want: 'UNKNOWN_CLUSTER' },
    {
      code: 400,
      message: 'cannot proxy through cluster x, whose agent is disconnected',
      want: 'CLUSTER_OFFLINE',
    },
    { code: 500, message: 'failed to find Session for client x', want: 'CLUSTER_OFFLINE' }, // of Go hubs
    {
      code: 503,
      message: 'cannot retrieve valid apiserver url for cluster x',
      want: 'CLUSTER_OFFLINE',
    },
    { code: 503, message: 'hub → agent x → 10.0.0.1:443: dial tcp: refused', want: 'CLUSTER_OFFLINE' },
    {
      code: 403,
      message:
        'sockets.proxies.clusternet.io "x" is forbidden: User "jane" cannot get resource "sockets/proxy" in API group "proxies.clusternet.io" at the cluster scope',
      want: 'FORBIDDEN',
    },
    {
      code: 403,
      message:
        'users "clusternet" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
      want: 'FORBIDDEN',
    },
  ])('$code $message', ({ code, message, want }) => {
    expect(explain(code, status(message))).toMatchObject({ code: want, status: code });
  });

  it.each([
    { why: 'what the child refuses', code: 403, text: status('pods is forbidden: User "jane" cannot list') },
    {
      why: 'impersonation in the child',
      code: 403,
      text: status('users "jane" is forbidden: User "x" cannot impersonate resource "users"'),
    },
    { why: 'text of nobody knows whom', code: 503, text: 'hub → upstream connect error' },
    { why: 'a mistake of the caller', code: 400, text: status('limit is not a number') },
  ])('leaves $why to the child', ({ code, text }) => {
    expect(explain(code, text)).toBeUndefined();
  });

  it('does not show the credential that a refusal of the parent is about', () => {
    const message =
      'userextras.authentication.k8s.io "the.child.token" is forbidden: User "jane" cannot impersonate resource "userextras/clusternet-token" in API group "authentication.k8s.io" at the cluster scope';
    const error = explain(403, status(message));
    expect(error).toMatchObject({ code: 'FORBIDDEN', hop: 'parent https://p' });
    expect(error?.message).toContain('userextras.authentication.k8s.io "…" is forbidden');
    expect(error?.message).not.toContain('the.child.token');
  });
});
