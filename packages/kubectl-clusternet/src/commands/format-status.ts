import type { Subscription } from '@clusternet/api-types';
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
  return `Subscription ${namespace}/${name} is ${verdict}\n${rows.length === 0 ? '' : `\n${formatTable([HEADER, ...lines])}`}`;
}

function readyWord(status: string): string {
  return status === 'True' ? 'ready' : status === 'False' ? 'not ready' : 'on its way';
}

/** Columns as wide as their widest cell, three spaces apart; nothing behind the last. */
function formatTable(lines: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_title, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}

/** As kubectl writes ages. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
