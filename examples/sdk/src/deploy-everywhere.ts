// An application on all clusters: templates of it, and a Subscription that says where. Waits until it runs everywhere.
import { connect } from '@clusternet/client';

await using fleet = await connect({ env: process.env });

const namespace = 'hello';
const labels = { app: 'hello' };
await fleet.templates.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
await fleet.templates.apply({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', namespace, labels },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'web', image: 'nginx:1.28.0' }] },
    },
  },
});
await fleet.parent.apply({
  apiVersion: 'apps.clusternet.io/v1alpha1',
  kind: 'Subscription',
  metadata: { name: 'hello', namespace: 'default' },
  spec: {
    subscribers: [{ clusterAffinity: {} }], // every cluster
    feeds: [
      { apiVersion: 'v1', kind: 'Namespace', name: namespace },
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello', namespace },
    ],
  },
});

const wanted = { namespace: 'default', fieldSelector: 'metadata.name=hello' };
const timeout = AbortSignal.timeout(120_000);
for await (const event of fleet.parent.kind('Subscription').watch(wanted, timeout)) {
  if (event.type === 'SYNCED' || event.type === 'DELETED') continue;
  const { bindingClusters = [], aggregatedStatuses = [] } = event.object.status ?? {};
  const deployment = aggregatedStatuses.find(({ kind }) => kind === 'Deployment');
  const running = (deployment?.feedStatusDetails ?? []).filter(
    ({ replicaStatus }) => replicaStatus?.readyReplicas === 2,
  );
  console.log(`runs on ${running.length} of ${bindingClusters.length} clusters`);
  if (bindingClusters.length > 0 && running.length === bindingClusters.length) break;
}
if (timeout.aborted) throw new Error('it does not run everywhere after two minutes');
