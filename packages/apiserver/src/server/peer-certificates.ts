import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** The certificates a client presented: its own and those between it and the CA. None of them checked yet. */
export interface PeerCertificates {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

const MAX_CHAIN = 8;
// What a connection showed does not change, and goes with it.
const known = new WeakMap<Socket, PeerCertificates | null>();

/** Reads what the peer of a TLS connection presented; once a connection, however many requests it carries. */
export function getPeerCertificates(socket: Socket): PeerCertificates | undefined {
  const cached = known.get(socket);
  if (cached !== undefined) return cached ?? undefined;
  const peer = readChain(socket);
  known.set(socket, peer ?? null);
  return peer;
}

function readChain(
  socket: Socket & Partial<Pick<TLSSocket, 'getPeerCertificate'>>,
): PeerCertificates | undefined {
  if (socket.getPeerCertificate === undefined) return undefined; // no TLS
  // An empty object stands for "no certificate".
  const first = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null;
  if (first?.raw === undefined) return undefined;
  const chain: X509Certificate[] = [];
  let current: Partial<DetailedPeerCertificate> | undefined = first;
  while (current?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(current.raw));
    if (current.issuerCertificate === current) break;
    current = current.issuerCertificate;
  }
  const [leaf, ...intermediates] = chain;
  return leaf === undefined ? undefined : { leaf, intermediates };
}

/**
 * Whether a presented chain ends in one of `cas`, every signature holds and every certificate is valid now.
 *
 * @param cas - trust anchors
 * @param nowMs - Unix time, ms
 */
export function isChainTrusted(
  peer: PeerCertificates,
  cas: readonly X509Certificate[],
  nowMs: number,
): boolean {
  const usages = peer.leaf.keyUsage as readonly string[] | undefined; // extended key usage, as OIDs
  if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) return false;
  let current = peer.leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth += 1) {
    if (!isValidAt(current, nowMs)) return false;
    const subject = current;
    if (cas.some((ca) => isValidAt(ca, nowMs) && isSignedBy(subject, ca))) return true;
    const next = peer.intermediates.find(
      (candidate) => candidate.ca && candidate !== subject && isSignedBy(subject, candidate),
    );
    if (next === undefined) return false;
    current = next;
  }
  return false;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/** Which signatures hold. Neither certificate changes; checking one costs more than all the rest of a request. */
const signatures = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

function isSignedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  let checked = signatures.get(subject);
  if (checked === undefined) {
    checked = new WeakMap();
    signatures.set(subject, checked);
  }
  let holds = checked.get(issuer);
  if (holds === undefined) {
    holds = subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
    checked.set(issuer, holds);
  }
  return holds;
}

function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime();
}

/** One attribute of a subject, in order; `CN` and `O` are what Kubernetes reads. */
export function getSubjectValues(certificate: X509Certificate, attribute: 'CN' | 'O'): string[] {
  const values: string[] = [];
  // Node prints one RDN a line and a multi-valued one as `O=a+CN=b`.
  for (const line of certificate.subject.split(/\n|(?<!\\)\+(?=[A-Za-z]+=)/)) {
    if (line.startsWith(`${attribute}=`))
      values.push(line.slice(attribute.length + 1).replaceAll(/\\(.)/g, '$1'));
  }
  return values;
}
