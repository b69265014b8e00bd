// A hundred children in memory behind one port, /c0 … /c99: argv is how many. As much of an API as a deployer asks for, and
// a record of who asked when. Prints its port as one line of JSON; GET /-/record gives the record and begins a new one.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { HttpMethod } from '@clusternet/client';
import { createFakeApi, json } from '@clusternet/client/fakes';

/** What was asked for since the last look. */
export interface ChildrenRecord {
  readonly reads: number;
  /** Path of the object in its child, such as /c7/api/v1/…, and when it was written, ms since 1970. */
  readonly writes: readonly { readonly path: string; readonly atMs: number }[];
}

const [count = '1'] = process.argv.slice(2);
const children = Array.from({ length: Number(count) }, () => createFakeApi());
let reads = 0;
let writes: ChildrenRecord['writes'][number][] = [];

function takeRecord(): ChildrenRecord {
  const record = { reads, writes };
  reads = 0;
  writes = [];
  return record;
}

/** Finding out what kinds there are is no read of an object. */
const isDiscovery = (path: string): boolean => /^\/(?:api|apis)(?:\/[^/]+){0,2}$/.test(path);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, name = '', ...rest] = url.pathname.split('/');
  if (name === '-') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(takeRecord()));
    return;
  }
  const path = `/${rest.join('/')}`;
  const headers = request.headers as Record<string, string>;
  const method = (request.method ?? 'GET') as HttpMethod;
  const body = await text(request);
  const answer =
    (await children[Number(name.slice(1))]?.handle({
      method,
      path,
      query: url.searchParams,
      headers,
      body,
    })) ?? json(404, {});
  if (method !== 'GET') writes.push({ path: url.pathname, atMs: Date.now() });
  else if (!isDiscovery(path)) reads += 1;
  response.writeHead(answer.status, { ...answer.headers });
  if (typeof answer.body === 'string') response.end(answer.body);
  else response.end();
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
