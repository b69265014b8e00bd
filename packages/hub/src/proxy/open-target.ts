import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { ApiError } from '@clusternet/apiserver';
import type { Clock } from '@clusternet/runtime';
import { DeadlineError } from '@clusternet/runtime';
import type { TunnelSession } from '@clusternet/tunnel';
import type { Visitors } from '../visiting/plan-visitor.ts';
import type { ChildCredential } from './child-credential.ts';
import type { TargetPlan } from './plan-target.ts';

/** What the hub knows about a child. */
export interface ClusterTarget {
  /** `status.apiserverURL` of the ManagedCluster. */
  readonly apiserverUrl?: string;
  /** The child's CA, as Secret `child-cluster-deployer` has it. */
  readonly caPem?: string;
  /** Whether its agent keeps a tunnel. */
  readonly useSocket: boolean;
  /** The cluster's namespace in the parent. */
  readonly namespace: string;
  /** With what callers keep their identity in the child; absent where it has not opted in. */
  readonly visitors?: Visitors;
}

/** Opens connections to one target with one credential. */
export interface TargetConnector {
  readonly hop: string;
  /** @throws {ApiError | TunnelError | Error} what went wrong on the way, or in the TLS handshake */
  open(): Promise<Duplex>;
}

export interface TargetConnectorDeps {
  readonly session: TunnelSession;
  readonly clusterId: string;
  readonly plan: TargetPlan;
  readonly target: ClusterTarget;
  readonly credential: ChildCredential;
  readonly clock: Clock;
}

export interface TargetConnectorOptions {
  /** Time for dial and TLS handshake together, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Talks TLS to children whose CA is not known, without verifying them. @default false */
  readonly allowUnverified?: boolean;
}

/**
 * Creates what opens tunnel streams to a target and, for https, speaks TLS inside them: the agent in between sees
 * ciphertext. The child is verified with its own CA; other hosts with that CA or the system's.
 *
 * @throws {ApiError} `ServiceUnavailable` when the child's CA is not known
 */
export function createTargetConnector(
  deps: TargetConnectorDeps,
  options: TargetConnectorOptions,
): TargetConnector {
  const { session, plan, clock } = deps;
  const { connectTimeoutMs = 10_000, allowUnverified = false } = options;
  const hop = describeHop(deps.clusterId, plan);
  const trust = plan.isTls ? createTrust(deps, hop, allowUnverified) : undefined;
  let tlsSession: Buffer | undefined;

  const open = async (): Promise<Duplex> => {
    const stream = session.open('tcp', plan.address, { isHeld: trust !== undefined });
    if (trust === undefined) return stream;
    const socket = connect({
      socket: stream,
      host: plan.host,
      ...(isIP(plan.host) === 0 ? { servername: plan.host } : {}),
      ...(tlsSession === undefined ? {} : { session: tlsSession }),
      secureContext: trust.context,
      rejectUnauthorized: trust.isVerifying,
      ALPNProtocols: ['http/1.1'],
    });
    socket.on('session', (saved) => (tlsSession = saved));
    // Errors may come twice, from the stream and from TLS over it; whoever uses the socket sees it close.
    stream.on('error', (error) => socket.destroy(error));
    socket.on('error', () => {});
    await awaitHandshake(socket, clock, connectTimeoutMs);
    return socket;
  };
  return { hop, open };
}

function awaitHandshake(socket: TLSSocket, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () => {
      socket.destroy(new DeadlineError(timeoutMs, 'the TLS handshake'));
    });
    const fail = (error: Error): void => {
      cancel();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      cancel();
      socket.off('error', fail);
      resolve();
    });
  });
}

/** Names the way to a target. */
export function describeHop(clusterId: string, plan: TargetPlan): string {
  return `hub → cluster ${clusterId} → ${plan.isTls ? 'https' : 'http'}://${plan.authority}`;
}

interface Trust {
  readonly context: SecureContext;
  readonly isVerifying: boolean;
}

function createTrust(deps: TargetConnectorDeps, hop: string, allowUnverified: boolean): Trust {
  const { caPem } = deps.target;
  const { certificate } = deps.credential;
  const hasCa = caPem !== undefined && caPem.trim() !== '';
  if (!hasCa && deps.plan.form === 'direct' && !allowUnverified) {
    throw new ApiError(
      'ServiceUnavailable',
      `${hop}: the CA of the child is not known: Secret child-cluster-deployer in namespace ` +
        `${deps.target.namespace} has no ca.crt yet`,
    );
  }
  const own = hasCa ? [caPem] : [];
  const context = createSecureContext({
    ca: deps.plan.form === 'direct' && hasCa ? own : [...own, ...rootCertificates],
    ...(certificate === undefined ? {} : { cert: certificate.certPem, key: certificate.keyPem }),
  });
  return { context, isVerifying: hasCa || !allowUnverified };
}
