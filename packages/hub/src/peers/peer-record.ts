import type { Lease } from '@clusternet/controller-kit';

/** Names of peers' Leases begin so, as Go has them. */
export const PEER_LEASE_PREFIX = 'clusternet-hub-peer-';

/** What a hub says of itself in its Lease. */
export interface PeerRecord {
  /** Five characters, drawn at every start. */
  readonly id: string;
  /** `<hostname>_<uuid>`, for people. */
  readonly identity: string;
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  /** 0: that of https. */
  readonly port: number;
  /** What a Go hub shows when it dials; our hubs have one for Go hubs only. */
  readonly token: string;
  /** Versions of the tunnel that one of our hubs speaks with others; none for a Go hub. */
  readonly versions: readonly number[];
}

const MAX_RECORD_CHARS = 4096;
const ID = /^[a-z0-9]{1,32}$/;
/** A host name, an IPv4 or an IPv6 address; nothing that changes what a URL means. */
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})$/;

/**
 * Reads `spec.holderIdentity` of a peer's Lease.
 *
 * @returns undefined for what no hub that can be dialled has written: absent, empty (released), not JSON, without host, or
 *   with the id of another Lease
 */
export function parsePeerRecord(lease: Lease): PeerRecord | undefined {
  const text = lease.spec?.holderIdentity ?? '';
  const name = lease.metadata.name ?? '';
  if (text === '' || text.length > MAX_RECORD_CHARS || !name.startsWith(PEER_LEASE_PREFIX)) return undefined;
  const value = parseObject(text);
  const { id, host } = value;
  if (typeof id !== 'string' || !ID.test(id) || name !== PEER_LEASE_PREFIX + id) return undefined;
  if (typeof host !== 'string' || !HOST.test(host)) return undefined;
  const port = value['port'] ?? 0;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  const { versions } = parseMember(value['clusternet']);
  return {
    id,
    identity: typeof value['identity'] === 'string' ? value['identity'] : '',
    host,
    port,
    token: typeof value['token'] === 'string' ? value['token'] : '',
    versions: Array.isArray(versions) ? versions.filter((version) => typeof version === 'number') : [],
  };
}

/** The text for `spec.holderIdentity`, its members in Go's order; empty ones are left out. */
export function formatPeerRecord({ identity, id, host, port, token, versions }: PeerRecord): string {
  return JSON.stringify({
    identity,
    id,
    host,
    ...(port === 0 ? {} : { port }),
    ...(token === '' ? {} : { token }),
    ...(versions.length === 0 ? {} : { clusternet: { versions } }),
  });
}

/** Where a peer listens, such as `https://[fd00::1]:8123`. */
export function peerUrl({ host, port }: Pick<PeerRecord, 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 0 ? `https://${name}` : `https://${name}:${port}`;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return parseMember(JSON.parse(text));
  } catch {
    return {}; // some other program's holder
  }
}

function parseMember(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
