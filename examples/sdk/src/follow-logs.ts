// The logs of all pods with a label, on all clusters, until Ctrl-C: node follow-logs.ts [SELECTOR] [LINES]
import { connect } from '@clusternet/client';
import type { ClusterName } from '@clusternet/client';

const [labelSelector = 'app=hello', lines = 'Infinity'] = process.argv.slice(2);
let left = Number(lines);

await using fleet = await connect({ env: process.env });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

/** One for each pod that is followed. */
const followed = new Map<string, AbortController>();

async function follow({ id, name }: ClusterName, namespace: string, pod: string): Promise<void> {
  const gone = new AbortController();
  followed.set(`${id}/${namespace}/${pod}`, gone);
  const signal = AbortSignal.any([stop.signal, gone.signal]);
  const options = { follow: true, tailLines: 10 };
  try {
    for await (const line of fleet.cluster(id).logs({ namespace, name: pod }, options, signal)) {
      console.log(`${name} ${pod} | ${line}`);
      left -= 1;
      if (left <= 0) stop.abort();
    }
  } catch (error) {
    console.error(`${name} ${pod} | ${String(error)}`);
  }
}

interface Pod {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; namespace?: string };
  status?: { phase?: string };
  [key: string]: unknown;
}

for await (const event of fleet.across().kind<Pod>('v1/Pod').watch({ labelSelector }, stop.signal)) {
  const { type, cluster } = event;
  if (type === 'SILENT') console.error(`${cluster.name} is silent: ${String(event.error)}`);
  if (!('object' in event)) continue;
  const { metadata, status } = event.object;
  const { name = '', namespace = '' } = metadata;
  const key = `${cluster.id}/${namespace}/${name}`;
  if (type === 'DELETED') {
    followed.get(key)?.abort();
    followed.delete(key);
  } else if (status?.phase === 'Running' && !followed.has(key)) void follow(cluster, namespace, name);
}
