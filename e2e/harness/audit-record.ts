import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the requests of our programs are recorded, for `npm run rbac-audit`; undefined: nowhere. */
export const recordFolder: string | undefined = process.env['CLUSTERNET_RBAC_RECORD'];

/** What kube-apiserver is to write down: who asked for what, of service accounts that could be ours. */
export const AUDIT_POLICY: string = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted', 'Panic'],
  rules: [
    { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
    { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
    { level: 'None' },
  ],
});

/** Whose rights a request used. */
export type AuditedRole = 'agent' | 'child' | 'hub';

/** One thing that a role did, however often. */
export interface AuditCell {
  readonly role: AuditedRole;
  readonly verb: string;
  /** Of an API; empty for the core group. */
  readonly group: string;
  /** With its subresource; a path for what is no resource. */
  readonly resource: string;
  /** The first few, sorted. */
  readonly names: readonly string[];
  readonly isDenied: boolean;
}

interface AuditEvent {
  readonly verb?: string;
  readonly requestURI?: string;
  readonly user?: { readonly username?: string };
  readonly userAgent?: string;
  readonly impersonatedUser?: object;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Names kept of one cell: enough to compare with `resourceNames`. */
const MAX_NAMES = 20;

/** Sums an audit log of kube-apiserver up and keeps the sum. */
export function saveAuditRecord(logFile: string, plane: string): void {
  if (recordFolder === undefined || !existsSync(logFile)) return;
  const cells = new Map<string, AuditCell>();
  for (const line of readFileSync(logFile, 'utf8').split('\n')) {
    const cell = readCell(line);
    if (cell === undefined) continue;
    const key = [cell.role, cell.verb, cell.group, cell.resource, cell.isDenied].join(' ');
    const names = [...new Set([...(cells.get(key)?.names ?? []), ...cell.names])].sort().slice(0, MAX_NAMES);
    cells.set(key, { ...cell, names });
  }
  if (cells.size === 0) return;
  mkdirSync(recordFolder, { recursive: true });
  const file = join(recordFolder, `${plane}-${process.pid}-${Date.now()}.json`);
  writeFileSync(file, `${JSON.stringify([...cells.values()])}\n`);
}

function readCell(line: string): AuditCell | undefined {
  if (line === '') return undefined;
  let event: AuditEvent;
  try {
    event = JSON.parse(line) as AuditEvent;
  } catch {
    return undefined; // the last line of a server that was killed
  }
  const role = roleOf(event.user?.username ?? '');
  // What is done as somebody else uses that one's rights.
  if (role === undefined || event.impersonatedUser !== undefined) return undefined;
  // A test that tries what a role must not do is not one of our programs.
  if (!/^clusternet-(?:agent|hub)\//.test(event.userAgent ?? '')) return undefined;
  const { objectRef, verb = '', requestURI = '' } = event;
  const isDenied = event.annotations?.['authorization.k8s.io/decision'] === 'forbid';
  if (objectRef?.resource === undefined) {
    const [resource = ''] = requestURI.split('?');
    return { role, verb, group: '', resource, names: [], isDenied };
  }
  const { apiGroup: group = '', resource, subresource, name } = objectRef;
  return {
    role,
    verb,
    group,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    names: name === undefined ? [] : [name],
    isDenied,
  };
}

function roleOf(user: string): AuditedRole | undefined {
  if (user === 'system:serviceaccount:clusternet-system:clusternet-hub') return 'hub';
  if (user === 'system:serviceaccount:clusternet-system:clusternet-agent') return 'agent';
  return /^system:serviceaccount:clusternet-[a-z0-9]{5}:clusternet-[a-z0-9]{5}$/.test(user)
    ? 'child'
    : undefined;
}
