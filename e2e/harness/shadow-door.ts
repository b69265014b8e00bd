import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Plane } from './plane.ts';

/** A way into a control plane that leads to templates: what `kubectl clusternet` does to paths. */
export interface ShadowDoor extends AsyncDisposable {
  /** For the administrator, by way of the door. */
  readonly kubeconfig: string;
}

/** The path of the template of what a path names: discovery, our own kinds and everything else stay (spec A §9). */
export function toShadowPath(path: string): string {
  const [, rest] =
    /^\/api\/v1(\/.*)/.exec(path) ?? /^\/apis\/(?!\w*\.clusternet\.io\/)[^/]+\/v\w+(\/.*)/.exec(path) ?? [];
  return rest === undefined ? path : `/apis/shadow/v1alpha1${rest}`;
}

/** Opens it on loopback, for tools that cannot change paths themselves. */
export async function openShadowDoor({ client }: Plane): Promise<ShadowDoor> {
  const server = createServer((incoming, outgoing) => {
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const pass = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const { accept = '*/*', 'content-type': contentType } = incoming.headers;
      const isWatch = /(^|&)watch=(true|1)/.test(query);
      const answer = await client.transport.request({
        method: incoming.method as 'GET', // whatever a client of Kubernetes sends
        path: `${toShadowPath(path)}${query === '' ? '' : `?${query}`}`,
        headers: { accept, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
        ...(body.length === 0 ? {} : { body }),
        stream: isWatch,
      });
      const { 'content-type': type = 'text/plain', warning } = answer.headers;
      outgoing.writeHead(answer.status, {
        'content-type': type,
        ...(warning === undefined ? {} : { warning }),
      });
      outgoing.flushHeaders();
      for await (const chunk of answer.body) outgoing.write(chunk);
      outgoing.end();
    };
    pass().catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'templates', cluster: { server: url } }],
      contexts: [{ name: 'templates', context: { cluster: 'templates', user: '' } }],
      'current-context': 'templates',
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
