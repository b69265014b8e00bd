import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as x509Module from '@peculiar/x509';
import { PkiError } from './errors.ts';

/** A certificate and its private key, PEM (PKCS #8). */
export interface CertificatePair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface CertificateSubject {
  readonly commonName: string;
  /** Kubernetes reads these as groups. */
  readonly organizations?: readonly string[];
}

export interface CertificateRequest extends CertificateSubject {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usage: 'server' | 'client' | 'both';
  /** Days of validity, counted from five minutes ago. @default 365 */
  readonly days?: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Costs 60 ms to load, so only what creates certificates pays for it. */
async function loadX509(): Promise<typeof x509Module> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/**
 * Creates a self-signed certificate authority with a P-256 key, valid ten years.
 * @param subject - `commonName` as it should appear in trust stores
 */
export async function createCa(subject: CertificateSubject): Promise<CertificatePair> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const { notBefore, notAfter } = validity(3650);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subjectName(subject),
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: withNewline(certificate.toString('pem')), keyPem: await exportKey(keys.privateKey) };
}

/**
 * Issues a certificate with a fresh P-256 key, signed by `ca`.
 * @throws {PkiError} `INVALID_KEY` when the CA's key does not parse
 */
export async function issueCertificate(
  ca: CertificatePair,
  request: CertificateRequest,
): Promise<CertificatePair> {
  const keys = await generateKeys();
  const certPem = await sign(ca, request, keys.publicKey);
  return { certPem, keyPem: await exportKey(keys.privateKey) };
}

/**
 * Signs the public key of a PKCS #10 request; the subject is the caller's decision, never the request's.
 * @throws {PkiError} `INVALID_REQUEST` when the request does not parse or its signature is wrong
 */
export async function signCsr(
  ca: CertificatePair,
  csrPem: string,
  request: CertificateRequest,
): Promise<string> {
  const x509 = await loadX509();
  try {
    const csr = new x509.Pkcs10CertificateRequest(csrPem);
    if (!(await csr.verify())) throw new Error('its signature does not match its key');
    // The library names the DOM's CryptoKey, which Node's types do not have.
    const publicKey = (await csr.publicKey.export()) as webcrypto.CryptoKey;
    return await sign(ca, request, publicKey);
  } catch (cause) {
    throw new PkiError('INVALID_REQUEST', 'the certificate signing request cannot be used', { cause });
  }
}

async function sign(
  ca: CertificatePair,
  request: CertificateRequest,
  publicKey: webcrypto.CryptoKey,
): Promise<string> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(ca.certPem);
  const { notBefore, notAfter } = validity(request.days ?? 365);
  const usages: Record<CertificateRequest['usage'], readonly string[]> = {
    server: [SERVER_AUTH],
    client: [CLIENT_AUTH],
    both: [SERVER_AUTH, CLIENT_AUTH],
  };
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value: checkedIp(value) })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subjectName(request),
    issuer: issuer.subjectName,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(ca.keyPem),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([...usages[request.usage]], false),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return withNewline(certificate.toString('pem'));
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  try {
    const der = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  } catch (cause) {
    throw new PkiError('INVALID_KEY', 'the private key is not a P-256 key in PKCS #8 form', { cause });
  }
}

function subjectName(subject: CertificateSubject): { readonly [key: string]: string[] }[] {
  return [
    ...(subject.organizations ?? []).map((organization) => ({ O: [organization] })),
    { CN: [subject.commonName] },
  ];
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const startMs = Date.now() - 5 * 60_000; // clocks differ
  return { notBefore: new Date(startMs), notAfter: new Date(startMs + days * 86_400_000) };
}

function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f; // positive
  return Buffer.from(bytes).toString('hex');
}

function checkedIp(value: string): string {
  if (isIP(value) === 0) throw new PkiError('INVALID_REQUEST', `"${value}" is not an IP address`);
  return value;
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
