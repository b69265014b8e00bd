import { ApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import type { Logger } from '@clusternet/runtime';
import { parseHubAddress, readHubAddress } from './hub-address.ts';

describe('parseHubAddress', () => {
  it.each([
    ['an address of what the system trusts', { address: 'https://hub:8443' }, { url: 'https://hub:8443' }],
    ['one with its CA', { address: 'https://h', 'ca.crt': 'PEM' }, { url: 'https://h', caPem: 'PEM' }],
    ['no TLS', { address: 'http://hub' }, undefined],
    ['no URL', { address: 'hub:8443' }, undefined],
    ['nothing', undefined, undefined],
  ])('reads %s', (_what, data, want) => {
    expect(parseHubAddress(data)).toEqual(want);
  });
});

describe('readHubAddress', () => {
  const read = async (get: () => Promise<unknown>) => {
    const lines: string[] = [];
    const note = (message: string): void => void lines.push(message);
    const log = { debug: note, info: note, warn: note, error: note } as unknown as Logger;
    const client = { resource: () => ({ get }) } as unknown as KubeClient; // what is used of one
    return { address: await readHubAddress(client, log, new AbortController().signal), lines };
  };
  const refusal = (code: 'FORBIDDEN' | 'NOT_FOUND' | 'UNAVAILABLE') => () =>
    Promise.reject(new ApiError(code, 'get ConfigMap: no'));

  it('finds none, and says nothing, where the parent has none or is that of a Go hub', async () => {
    expect(await read(refusal('NOT_FOUND'))).toEqual({ address: undefined, lines: [] });
    expect(await read(refusal('FORBIDDEN'))).toEqual({ address: undefined, lines: [] });
  });

  it('goes on without it, and says why, where it cannot be read or used', async () => {
    expect((await read(refusal('UNAVAILABLE'))).lines).toEqual(['address of hubs not read']);
    const { address, lines } = await read(() => Promise.resolve({ data: { address: 'http://hub' } }));
    expect(address).toBeUndefined();
    expect(lines).toEqual(['address of hubs not used: it is not https://host[:port]']);
  });
});
