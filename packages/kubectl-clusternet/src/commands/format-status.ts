import type { Subscription } from '@clusternet/api-types';
import { createAligner } from '../format/align-columns.ts';
import { formatAge } from '../format/format-age.ts';
import type { StatusRow } from './plan-status.ts';

const HEADER = ['CLUSTER', 'OBJECT', 'STATE', 'REPLICAS', 'SINCE', 'REASON'];

/** The verdict on a Subscription in one line, and a table of its parts. */
export function formatStatus(subscription: Subscription, rows: readonly StatusRow[], nowMs: number): string {
  const { namespace = '', name = '' } = subscription.metadata;
  const ready = subscription.status?.conditions?.find(({ type }) => type === 'Ready');
  const verdict = ready === undefined ? 'not looked at yet' : `${readyWord(ready.status)}: ${ready.message}`;
  const lines = rows.map((row) => [
    row.cluster,
    row.object,
    row.state,
    row.replicas === '' ? '-' : row.replicas,
    row.sinceMs === undefined ? '-' : formatAge(nowMs - row.sinceMs),
    row.reason,
  ]);
  return `Subscription ${namespace}/${name} is ${verdict}\n${rows.length === 0 ? '' : `\n${createAligner().format([HEADER, ...lines])}`}`;
}

function readyWord(status: string): string {
  return status === 'True' ? 'ready' : status === 'False' ? 'not ready' : 'on its way';
}
