import type { ConnectionConfig } from '../connection-config.ts';
import { ApiError } from '../errors.ts';
import { hopOf } from '../server-url.ts';
import type { Transport } from '../transport.ts';
import type { TransportOptions } from '../undici-transport.ts';

/**
 * A transport that loads what it needs with the first request. Once disposed of it refuses everything with `CLOSED`, so that what
 * would try again does not.
 * @throws {ApiError} `INVALID_CONFIG` when `server` is not an http(s) URL
 */
export function openTransport(config: ConnectionConfig, options: TransportOptions = {}): Transport {
  const hop = hopOf(config);
  let opened: Promise<Transport> | undefined;
  let isClosed = false;
  const open = async (): Promise<Transport> => {
    const { createTransport } = await import('../undici-transport.ts');
    return createTransport(config, options);
  };
  return {
    hop,
    request: async (request, signal) => {
      if (isClosed) throw new ApiError('CLOSED', `the client of ${hop} has been closed`, { hop });
      opened ??= open();
      return (await opened).request(request, signal);
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}
