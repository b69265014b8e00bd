import type { ConnectionConfig } from '../connection-config.ts';
import type { OpenSocket } from '../streams/channel-socket.ts';
import type { TransportOptions } from '../undici-transport.ts';
import { createFleetOver } from './fleet.ts';
import type { Fleet, FleetOptions } from './fleet.ts';
import { openTransport } from './open-transport.ts';

/** How a fleet is made in Node. */
export interface NodeFleetOptions extends FleetOptions {
  /** Of the connections to the parent. @default 16 for unary calls */
  readonly transport?: TransportOptions;
}

/** How the parent is found. */
export interface ConnectOptions extends NodeFleetOptions {
  /** Path of a kubeconfig. @default `KUBECONFIG`, then `~/.kube/config`, then the pod this runs in */
  readonly kubeconfig?: string;
  /** @default the file's current one */
  readonly context?: string;
  /** The process environment: where kubeconfigs are, and what plugins for credentials inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Creates a fleet from an explicit connection: address, CA, and a token or a certificate. Sends nothing until asked.
 * @throws {ApiError} `INVALID_CONFIG` when `server` is not an http(s) URL
 */
export function createFleet(connection: ConnectionConfig, options: NodeFleetOptions = {}): Fleet {
  const named = { name: 'parent', ...connection };
  const transport = openTransport(named, { connections: 16, ...options.transport });
  const openSocket: OpenSocket = async (target, signal) => {
    const streams = await import('../streams/open-socket.ts');
    return streams.openSocket(target, signal);
  };
  return createFleetOver({ connection: named, transport, openSocket }, options);
}

/**
 * Finds the parent as kubectl would, or as a pod does, and creates a fleet. Sends nothing to it.
 * @throws {ApiError} `INVALID_CONFIG` naming the file and what is wrong with it
 */
export async function connect(options: ConnectOptions): Promise<Fleet> {
  const { findConnection } = await import('./find-connection.ts');
  return createFleet(await findConnection(options), options);
}
