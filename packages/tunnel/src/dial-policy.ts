import { TunnelError } from './errors.ts';

/** Where a stream may lead. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
}

/** @throws {TunnelError} `NOT_ALLOWED` for an address that is not listed, or another network than tcp */
export type DialPolicy = (network: string, address: string) => DialTarget;

/**
 * Splits a dial address as Go writes it.
 *
 * @param address - `host:port`; IPv6 in brackets; no service names
 * @returns the host in lower case and without brackets; `undefined` when it is none
 */
export function parseAddress(address: string): DialTarget | undefined {
  const match = /^(?:\[([0-9a-f:.%a-z]+)\]|([^:[\]\s/]+)):([0-9]{1,5})$/i.exec(address);
  const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65535) return undefined;
  return { host, port };
}

/**
 * Lets streams lead to the listed addresses and nowhere else.
 *
 * @param getAllowed - `host:port` each, asked at every dial; `*:port` and `host:*` are allowed
 * @param hop - named in the refusal
 */
export function createDialPolicy(getAllowed: () => readonly string[], hop: string): DialPolicy {
  return (network, address) => {
    const target = parseAddress(address);
    if (network !== 'tcp' || target === undefined) {
      throw new TunnelError('NOT_ALLOWED', hop, `${network} ${address} is not a tcp host:port`);
    }
    if (getAllowed().some((entry) => isMatch(entry, target))) return target;
    throw new TunnelError('NOT_ALLOWED', hop, `${address} is not among the addresses this agent dials`);
  };
}

function isMatch(entry: string, target: DialTarget): boolean {
  const at = entry.lastIndexOf(':');
  const host = entry
    .slice(0, at)
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  const port = entry.slice(at + 1);
  return (host === '*' || host === target.host) && (port === '*' || Number(port) === target.port);
}
