import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What stands before several hubs: passes connections on to them in turn, and knows nothing of what is in them. */
export interface Balancer extends AsyncDisposable {
  readonly port: number;
  /** Ports on this machine that new connections go to. Those that are open stay where they are. */
  setBackends(ports: readonly number[]): void;
}

/** @param port - to listen on. @default a free one */
export async function startBalancer(port = 0): Promise<Balancer> {
  const open = new Set<Socket>();
  let backends: readonly number[] = [];
  let turn = 0;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const backend = backends[turn % backends.length];
    turn += 1;
    if (backend === undefined) {
      near.destroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: backend, allowHalfOpen: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        open.delete(socket);
        if (!other.writableEnded) other.end();
      });
      socket.pipe(other);
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    setBackends: (ports) => {
      backends = ports;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
