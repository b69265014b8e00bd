import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { applyObjects } from './apply-files.ts';
import type { FleetChild } from './join-child.ts';
import type { Plane } from './plane.ts';
import { requestToken } from './service-account-token.ts';

/** A service account of a child that may look at pods in `default`, run commands in them, and no more. @returns its token */
export async function createChildVisitor({ plane }: FleetChild): Promise<string> {
  const metadata = { name: 'visitor', namespace: 'default' };
  const rbac = 'rbac.authorization.k8s.io';
  await applyObjects(plane.client, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] },
        // Over websockets a client asks by GET, over SPDY by POST.
        { apiGroups: [''], resources: ['pods/exec', 'pods/portforward'], verbs: ['get', 'create'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'visitor' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ]);
  return requestToken(plane.client, 'default', 'visitor');
}

/** Where a child is, as seen through the parent. */
export function visitUrl(parent: Plane, { clusterId }: Pick<FleetChild, 'clusterId'>): string {
  return `${parent.server}/apis/proxies.clusternet.io/v1alpha1/sockets/${clusterId}/proxy/direct`;
}

/** A user of a kubeconfig: a login at the parent, and a token of the child as an extra. */
export function withChildToken(
  login: Readonly<Record<string, unknown>>,
  childToken: string,
): Readonly<Record<string, unknown>> {
  return { ...login, as: 'clusternet', 'as-user-extra': { 'clusternet-token': [childToken] } };
}

/** The kubeconfig with which a child is visited. */
export function visitKubeconfig(
  parent: Plane,
  child: FleetChild,
  user: Readonly<Record<string, unknown>>,
): string {
  const certificate = Buffer.from(parent.caPem).toString('base64');
  const cluster = { server: visitUrl(parent, child), 'certificate-authority-data': certificate };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'child', cluster }],
    users: [{ name: 'visitor', user }],
    contexts: [{ name: 'child', context: { cluster: 'child', user: 'visitor' } }],
    'current-context': 'child',
  });
}

/** A program that prints a login, as `exec` in a kubeconfig runs it. @returns its path */
export function writeExecPlugin(folder: string, token: string): string {
  const path = join(folder, 'login.sh');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token },
  };
  writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`, { mode: 0o700 });
  return path;
}

/** What `curl -k -XGET -H …` of the seed does. @returns status and body */
export function curl(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.once('error', reject);
    asked.end();
  });
}
