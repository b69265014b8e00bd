import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt } from '../../built-in/fields.ts';

/** Ports that the containers of a pod declare. */
function listPorts(pod: KubeObject): number[] {
  return objectsAt(objectAt(pod, 'spec'), 'containers')
    .flatMap((container) => objectsAt(container, 'ports'))
    .flatMap((port) => numberAt(port, 'containerPort') ?? []);
}

/** Whether anything listens on a port of a pod: on those it declares, or on any when it declares none. */
export function isPortOpen(pod: KubeObject, port: number): boolean {
  const ports = listPorts(pod);
  return ports.length === 0 || ports.includes(port);
}

/** What listens on the ports of every pod: a tiny HTTP server that says which pod it is, and gives back what it gets. */
export interface PodHttp {
  connect(pod: KubeObject, port: number, stream: Duplex): void;
}

/** It has no port of its own and ends with its connections. */
export function createPodHttp(): PodHttp {
  return {
    connect(pod, port, stream) {
      const { namespace = '', name = '' } = pod.metadata;
      const server = createServer((request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
        response.write(
          `pod ${namespace}/${name} on port ${port}: ${request.method ?? ''} ${request.url ?? ''}\n`,
        );
        request.pipe(response);
      });
      // Who has sent everything still wants the whole answer.
      Object.assign(server, { httpAllowHalfOpen: true });
      // HTTP runs over any stream; only timeouts of idle sockets need more than a Duplex has.
      server.timeout = 0;
      server.emit('connection' as string, stream);
      stream.once('close', () => server.close());
    },
  };
}
