import type { FaultSettings, RequestFault } from '../faults/fault-settings.ts';
import type { ClusterStatus } from '../fleet/cluster-status.ts';
import type { PlaygroundStatus } from '../control/control-routes.ts';

const HEAD = ['NAME', 'STATE', 'URL', 'NODES', 'PODS', 'UPTIME', 'FAULTS'] as const;

/** The table of `status`. */
export function formatStatus({ clusters }: Pick<PlaygroundStatus, 'clusters'>): string {
  const rows = [HEAD, ...clusters.map(toRow)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function toRow({
  name,
  state,
  url,
  nodes,
  pods,
  uptimeMs,
  waiting,
  faults,
}: ClusterStatus): readonly string[] {
  const isRunning = state === 'ready' || state === 'frozen';
  const running = (text: string): string => (isRunning ? text : '-');
  return [
    name,
    state === 'frozen' && waiting > 0 ? `frozen (${waiting} waiting)` : state,
    url === '' ? '-' : url,
    running(String(nodes)),
    running(String(pods)),
    running(formatUptime(uptimeMs)),
    formatFaults(faults),
  ];
}

/** `45s`, `12m`, `3h20m`, `2d4h`, as kubectl shows ages. */
export function formatUptime(uptimeMs: number): string {
  const seconds = Math.floor(uptimeMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes < 2) return `${seconds}s`;
  if (hours < 1) return `${minutes}m`;
  if (days < 1) return `${hours}h${minutes % 60}m`;
  return `${days}d${hours % 24}h`;
}

/** What goes wrong, on one line; `-` for nothing. */
export function formatFaults({ requests = [], watches }: FaultSettings): string {
  const parts = requests.map(formatFault);
  if (watches !== undefined) {
    const verb = watches.by === 'cut' ? 'cut' : 'ended';
    parts.push(`watches ${verb} every ${formatMs(watches.everyMs)}`);
  }
  return parts.length === 0 ? '-' : parts.join(', ');
}

function formatFault({ match, rate = 1, latencyMs = 0, jitterMs = 0, fail }: RequestFault): string {
  const parts: string[] = [];
  if (latencyMs > 0 || jitterMs > 0)
    parts.push(`latency ${formatMs(latencyMs)}${jitterMs > 0 ? ` ± ${formatMs(jitterMs)}` : ''}`);
  if (fail !== undefined) {
    const what = fail.kind === 'status' ? String(fail.code) : fail.when === 'before' ? 'cut' : 'answer lost';
    parts.push(`${Number((rate * 100).toFixed(2))}% ${what}`);
  }
  if (typeof match === 'object') {
    const { verbs = [], resources = [] } = match;
    const which = [verbs.join(','), resources.join(',')].filter((text) => text !== '');
    if (which.length > 0) parts.push(`(${which.join(' ')})`);
  }
  return parts.join(' ');
}

function formatMs(ms: number): string {
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
