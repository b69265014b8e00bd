import { X509Certificate, createHash, createPrivateKey } from 'node:crypto';
import { createBadRequest } from '@clusternet/apiserver';
import type { ApiRequest } from '@clusternet/apiserver';
import { planVisitor } from '../visiting/plan-visitor.ts';
import type { ClusterTarget } from './open-target.ts';
import type { TargetPlan } from './plan-target.ts';

/** What a caller sends along for the child, as user extras whose names begin with `clusternet-`. */
export interface ChildCredential {
  readonly token: string | undefined;
  /** PEM chain and key, checked to belong together. */
  readonly certificate: { readonly certPem: string; readonly keyPem: string } | undefined;
  /** `impersonate-*` headers for the child, in lower case. */
  readonly impersonation: ReadonlyMap<string, readonly string[]>;
  /** Tells credentials apart without being one. */
  readonly fingerprint: string;
}

const TOKEN = 'clusternet-token';
const CERTIFICATE = 'clusternet-certificate';
const PRIVATE_KEY = 'clusternet-privatekey';
const IMPERSONATE = 'clusternet-impersonate-';
const EXTRA_HEADER = 'x-remote-extra-clusternet-';
const IMPERSONATION = /^(?:user|uid|group|extra-.+)$/;

/**
 * Reads the child credential of a request: from the user's extras, which is how it comes through kube-apiserver
 * and by impersonation at the hub itself, or from `X-Remote-Extra-Clusternet-*` headers of a direct caller.
 *
 * @throws {ApiError} `BadRequest` for a certificate or key that does not parse, or that do not belong together
 */
export function parseChildCredential(request: Pick<ApiRequest, 'headers' | 'user'>): ChildCredential {
  const extras = gatherExtras(request);
  const token = extras.get(TOKEN)?.[0];
  const certificate = extras.get(CERTIFICATE)?.[0];
  const privateKey = extras.get(PRIVATE_KEY)?.[0];
  const pair =
    certificate === undefined || privateKey === undefined ? undefined : parsePair(certificate, privateKey);
  return {
    token: token === '' ? undefined : token,
    certificate: pair,
    impersonation: gatherImpersonation(extras),
    // Only what keeps connections apart asks for it.
    get fingerprint() {
      return fingerprintOf(token, pair);
    },
  };
}

/**
 * What goes to the child: what the caller sent along for it, else the caller's own identity, where the child opted in to
 * that. It goes to the child's API server only: the token of the impersonator is for nobody else.
 */
export function chooseCredential(
  given: ChildCredential,
  user: ApiRequest['user'],
  plan: Pick<TargetPlan, 'form'>,
  { visitors }: Pick<ClusterTarget, 'visitors'>,
): ChildCredential {
  const isGiven =
    given.token !== undefined || given.certificate !== undefined || given.impersonation.size > 0;
  if (isGiven || visitors === undefined || plan.form !== 'direct') return given;
  const impersonation = planVisitor(user, visitors.grant);
  if (impersonation === undefined) return given;
  return {
    token: visitors.token,
    certificate: undefined,
    impersonation,
    get fingerprint() {
      return fingerprintOf(visitors.token, undefined);
    },
  };
}

function gatherExtras(request: Pick<ApiRequest, 'headers' | 'user'>): Map<string, readonly string[]> {
  const extras = new Map<string, readonly string[]>();
  for (const [name, values] of request.headers) {
    if (name.startsWith(EXTRA_HEADER)) extras.set(decodeName(name.slice('x-remote-extra-'.length)), values);
  }
  for (const [key, values] of request.user.extra) {
    if (key.toLowerCase().startsWith('clusternet-')) extras.set(key.toLowerCase(), values);
  }
  return extras;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name; // as Kubernetes does with a key that is not encoded
  }
}

function gatherImpersonation(extras: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const headers = new Map<string, readonly string[]>();
  for (const [key, values] of extras) {
    if (!key.startsWith(IMPERSONATE)) continue;
    const rest = key.slice(IMPERSONATE.length);
    if (IMPERSONATION.test(rest)) headers.set(`impersonate-${encodeName(rest)}`, values);
  }
  return headers;
}

/** Extra keys may hold characters that header names may not: those travel percent-encoded. */
function encodeName(name: string): string {
  return name.replaceAll(/[^a-z0-9!#$&'*+.^_`|~-]/g, (char) => encodeURIComponent(char));
}

function parsePair(certificate: string, privateKey: string): { certPem: string; keyPem: string } {
  const certPem = Buffer.from(certificate, 'base64').toString('latin1');
  const keyPem = Buffer.from(privateKey, 'base64').toString('latin1');
  const leaf = attempt(
    'invalid certificate in header Clusternet-Certificate',
    () => new X509Certificate(certPem),
  );
  const key = attempt('invalid private key in header Clusternet-PrivateKey', () => createPrivateKey(keyPem));
  if (!leaf.checkPrivateKey(key)) {
    throw createBadRequest('invalid key pair in header: the private key does not match the certificate');
  }
  return { certPem, keyPem };
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    // The message of the parser only: it names a format, never bytes of the key.
    throw createBadRequest(`${what}: ${cause instanceof Error ? cause.message : 'not PEM'}`);
  }
}

function fingerprintOf(
  token: string | undefined,
  pair: { certPem: string; keyPem: string } | undefined,
): string {
  const hash = createHash('sha256');
  for (const part of [token ?? '', pair?.certPem ?? '', pair?.keyPem ?? '']) hash.update(part).update('\0');
  return hash.digest('base64url');
}
