import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Clock } from '@clusternet/runtime';

/** How long the rest of a broken request is read and dropped, so that its client gets to read the answer. */
const LINGER_MS = 500;
const CODES: ReadonlyMap<string, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['HPE_HEADER_OVERFLOW', 431],
]);

/**
 * Answers what is no HTTP/1.1 and closes. Node would do the same, but closes at once: a client that is still sending
 * then finds its connection reset instead of an answer.
 */
export function answerBrokenRequests(server: Http2SecureServer, clock: Clock): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  const closing = new WeakSet<Duplex>();
  server.on('request', (request, response) => {
    // Over HTTP/2, `socket` is a stand-in that nothing is looked up by.
    answers.set((request as unknown as IncomingMessage).socket, response as unknown as ServerResponse);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (closing.has(socket)) return; // more of what is dropped
    closing.add(socket);
    const answer = answers.get(socket);
    const isUnderWay = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (!socket.writable || isUnderWay || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const code = CODES.get(error.code ?? '') ?? 400;
    socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nConnection: close\r\n\r\n`);
    const cancel = clock.schedule(LINGER_MS, () => socket.destroy());
    socket.once('close', cancel);
  });
}
