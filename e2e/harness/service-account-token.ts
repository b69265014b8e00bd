import type { KubeClient } from '@clusternet/client';

/** A short-lived token of a service account. */
export async function requestToken(client: KubeClient, namespace: string, name: string): Promise<string> {
  const answer = (await client.rawJson({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } },
    what: `request a token of ${name}`,
  })) as { status?: { token?: string } };
  return answer.status?.token ?? '';
}
