import type { KubeClient } from '@clusternet/client';
import { objectAt, textAt } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { attempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import type { Right } from './judge-parent.ts';

interface Wanted {
  readonly purpose: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly mend: (subject: string) => string;
}

const grantNew =
  (name: string, verbs: string, resource: string) =>
  (subject: string): string =>
    `kubectl create clusterrole ${name} --verb=${verbs} --resource=${resource} && kubectl create clusterrolebinding ${name} --clusterrole=${name} ${subject}`;
const grantVisits = (subject: string): string =>
  `kubectl create clusterrolebinding visits --clusterrole=clusternet:system:socketsproxy ${subject}`;

const WANTED: readonly Wanted[] = [
  {
    purpose: 'see the clusters',
    attributes: { verb: 'list', group: 'clusters.clusternet.io', resource: 'managedclusters' },
    mend: grantNew('sees-clusters', 'get,list,watch', 'managedclusters.clusters.clusternet.io'),
  },
  {
    purpose: 'write Subscriptions',
    attributes: { verb: 'create', group: 'apps.clusternet.io', resource: 'subscriptions' },
    mend: grantNew('writes-subscriptions', '*', 'subscriptions.apps.clusternet.io'),
  },
  {
    purpose: 'write templates',
    attributes: { verb: 'create', group: 'shadow', resource: 'deployments' },
    mend: grantNew('writes-templates', '*', "'*.shadow'"),
  },
  {
    purpose: 'reach inside clusters',
    attributes: { verb: 'get', group: 'proxies.clusternet.io', resource: 'sockets', subresource: 'proxy' },
    mend: grantVisits,
  },
  {
    purpose: 'bring a credential of a cluster along',
    attributes: { verb: 'impersonate', resource: 'users', name: 'clusternet' },
    mend: grantVisits,
  },
];

/** What whoever asks may do of what this plugin is for. */
export function gatherRights(client: KubeClient, signal: AbortSignal): Promise<Attempt<readonly Right[]>> {
  return attempt('ask for rights', signal, (limited) =>
    Promise.all(
      WANTED.map(async ({ purpose, attributes, mend }) => {
        const review = await createReview(
          client,
          'authorization.k8s.io',
          'SelfSubjectAccessReview',
          limited,
          {
            resourceAttributes: attributes,
          },
        );
        return { purpose, mend, isAllowed: objectAt(review, 'status')?.['allowed'] === true };
      }),
    ),
  );
}

/** As whom an API server knows whoever asks; API servers before 1.28 do not say. */
export function gatherUser(client: KubeClient, signal: AbortSignal): Promise<Attempt<string>> {
  return attempt('ask who I am', signal, async (limited) => {
    const review = await createReview(
      client,
      'authentication.k8s.io',
      'SelfSubjectReview',
      limited,
      undefined,
    );
    return textAt(objectAt(objectAt(review, 'status'), 'userInfo'), 'username');
  });
}

function createReview(
  client: KubeClient,
  group: string,
  kind: string,
  signal: AbortSignal,
  spec: unknown,
): Promise<JsonValue> {
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const body = { apiVersion: `${group}/v1`, kind, metadata: {}, spec };
  return client.rawJson({ method: 'POST', path, body, what: `create ${kind}` }, signal);
}
