import { createContext, runInContext } from 'node:vm';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import * as browser from './browser.ts';
import * as node from './index.ts';
import { serveApi } from './testing/loopback-server.fixture.ts';
import { createFakeApi } from './fakes/index.ts';

/** What a page has, and nothing of Node. */
const PAGE = {
  AbortController,
  AbortSignal,
  DOMException,
  Headers,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  WebSocket,
  clearTimeout,
  crypto,
  fetch,
  performance,
  setTimeout: (work: () => void, ms: number) => Number(setTimeout(work, ms)),
};

interface Bundle {
  readonly code: string;
  readonly modules: readonly string[];
}

async function bundle(): Promise<Bundle> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@clusternet/source', 'browser', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      rollupOptions: { preserveEntrySignatures: 'strict' },
      lib: { entry: `${import.meta.dirname}/browser.ts`, formats: ['iife'], name: 'sdk', fileName: 'sdk' },
    },
  });
  const [{ output }] = result as unknown as [
    { readonly output: readonly { code: string; moduleIds: string[] }[] },
  ];
  const [chunk] = output;
  return { code: chunk?.code ?? '', modules: chunk?.moduleIds ?? [] };
}

describe('the bundle for browsers', () => {
  it('has what the other entry has, but for what reads files', () => {
    const onlyNode = new Set(['connect', 'planAgentObjects']);
    const wanted = Object.keys(node).filter((name) => !onlyNode.has(name));
    expect(Object.keys(browser)).toEqual(expect.arrayContaining(wanted));
  });

  it('needs nothing of Node, and is small', { timeout: 60_000 }, async () => {
    const { code, modules } = await bundle();
    expect(modules.filter((id) => /browser-external|undici|[\\/]ws[\\/]|kubernetes/.test(id))).toEqual([]);
    expect(/\bBuffer\b|\bprocess\.|require\(|["'`]node:/.exec(code)?.[0]).toBeUndefined();
    expect(code.length).toBeLessThan(100_000);

    const api = createFakeApi();
    await using server = await serveApi(api);
    const page = createContext({ ...PAGE, server: server.url });
    const name = (await runInContext(
      `${code}
      (async () => {
        const fleet = sdk.createFleet({ server, getHeaders: sdk.bearerHeaders('of-me') });
        const maps = fleet.parent.kind('v1/ConfigMap');
        await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' } });
        for await (const event of maps.watch()) if (event.type === 'ADDED') return event.object.metadata.name;
      })()`,
      page,
    )) as string;
    expect(name).toBe('a');
    expect(api.requests.at(-1)?.headers['authorization']).toBe('Bearer of-me');
  });
});
