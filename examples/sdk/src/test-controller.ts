// A controller of a few lines, and a test of it against a control plane in this process.
import assert from 'node:assert/strict';
import { createFleet, isApiError } from '@clusternet/client';
import type { ClusterClient } from '@clusternet/client';
import { startControlPlane } from '@clusternet/playground';

const LABEL = 'example.com/keys';

/** Keeps a label on every ConfigMap that says how many keys it has, until `signal` aborts. */
async function runKeyCounter(cluster: ClusterClient, signal: AbortSignal): Promise<void> {
  const configMaps = cluster.kind('v1/ConfigMap');
  for await (const event of configMaps.watch({}, signal)) {
    if (event.type === 'SYNCED' || event.type === 'DELETED') continue;
    const { name = '', namespace = '', labels = {} } = event.object.metadata;
    const want = String(Object.keys(event.object['data'] ?? {}).length);
    if (labels[LABEL] === want) continue;
    const change = { metadata: { labels: { [LABEL]: want } } };
    try {
      await configMaps.patch({ name, namespace }, 'merge', change, {}, signal);
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND')) throw error; // gone meanwhile
    }
  }
}

await using plane = await startControlPlane();
const administrator = await plane.issueClientCertificate({ name: 'test', groups: ['system:masters'] });
await using fleet = createFleet({ server: plane.url, caPem: plane.caPem, ...administrator });

const stop = new AbortController();
const controller = runKeyCounter(fleet.parent, stop.signal);

const configMaps = fleet.parent.kind('v1/ConfigMap');
const fruit = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fruit', namespace: 'default' } };
await configMaps.create({ ...fruit, data: { apple: '1', pear: '2' } });
await waitForLabel('2');

plane.faults.dropWatches({ by: 'cut' }); // a controller has to live with that
await configMaps.patch(fruit.metadata, 'merge', { data: { plum: '3' } });
await waitForLabel('3');

stop.abort();
await controller;
console.log('the controller does what it should');

async function waitForLabel(want: string): Promise<void> {
  const timeout = AbortSignal.timeout(20_000);
  for await (const event of configMaps.watch({ namespace: 'default' }, timeout))
    if ('object' in event && event.object.metadata.labels?.[LABEL] === want) return;
  assert.fail(`the label did not become ${want}`);
}
