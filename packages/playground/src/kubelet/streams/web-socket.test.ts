import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { acceptWebSocketTunnel } from './web-socket.ts';

/** A socket whose other side is gone: the first write is taken, the next ones fail. */
function createBrokenSocket(): Duplex {
  let writes = 0;
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      writes += 1;
      done(writes > 1 ? new Error('write EPIPE') : null);
    },
  });
  socket.on('error', () => undefined); // servers listen for errors of the sockets they hand on
  return socket;
}

describe('a websocket as a stream of bytes', () => {
  it('closes without ado when the client is gone', async () => {
    const socket = createBrokenSocket();
    const headers = new Map([['sec-websocket-key', ['x']]]);
    const tunnel = acceptWebSocketTunnel({ headers, protocol: 'p', socket, head: Buffer.alloc(0) });
    const closed = new Promise((resolve) => tunnel.once('close', resolve));
    tunnel.write('something'); // an error that nobody listens for would end the process
    await closed;
    expect(tunnel.destroyed).toBe(true);
  });
});
