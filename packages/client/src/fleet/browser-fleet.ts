import { systemClock, systemRandom } from '@clusternet/runtime';
import type { ConnectionConfig } from '../connection-config.ts';
import { createFetchTransport } from '../fetch-transport.ts';
import type { FetchTransportOptions } from '../fetch-transport.ts';
import { throttleTransport } from '../throttle.ts';
import type { OpenSocket } from '../streams/channel-socket.ts';
import { createFleetOver } from './fleet.ts';
import type { Fleet, FleetOptions } from './fleet.ts';

/** How a fleet is made in a browser. */
export interface BrowserFleetOptions extends FleetOptions {
  /** Of the connections to the parent. */
  readonly transport?: FetchTransportOptions;
}

/**
 * Creates a fleet in a browser, from the address of the parent and a token. Sends nothing until asked.
 * @throws {ApiError} `INVALID_CONFIG` when `server` is not an http(s) URL, or for what only Node can do
 */
export function createFleet(connection: ConnectionConfig, options: BrowserFleetOptions = {}): Fleet {
  const named = { name: 'parent', ...connection };
  const { clock = systemClock, random = systemRandom } = options;
  const transport = throttleTransport(
    createFetchTransport(named, options.transport),
    { clock, random },
    undefined,
  );
  const openSocket: OpenSocket = async (target, signal) => {
    const streams = await import('../streams/open-socket.ts');
    return streams.openSocket(target, signal);
  };
  return createFleetOver({ connection: named, transport, openSocket }, options);
}
