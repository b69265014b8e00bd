// A table of the clusters of a parent.
import { connect } from '@clusternet/client';

await using fleet = await connect({ env: process.env });

for await (const { metadata, spec, status } of fleet.parent.kind('ManagedCluster').items()) {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  console.log(
    (metadata.name ?? '').padEnd(16),
    (ready?.status === 'True' ? 'ready' : (ready?.reason ?? 'unknown')).padEnd(16),
    (status?.k8sVersion ?? '').padEnd(12),
    spec?.clusterId,
  );
}
