import { readAll } from '../testing/read-all.fixture.ts';
import { describe, expect, it } from 'vitest';
import { createFakeSocket } from '../testing/fake-socket.fixture.ts';
import { startPortForward } from './port-forward.ts';

const PORT = '\x50\x00';

describe('port-forward', () => {
  it('carries bytes both ways; the port at the beginning of a channel is none of them', async () => {
    const socket = createFakeSocket([
      [0, PORT],
      [1, PORT],
      [0, 'hel'],
      [0, 'lo'],
    ]);
    await using stream = startPortForward(socket, 'forward', 'cluster east');
    await stream.write('hi');
    const chunks = await readAll(stream.output);
    expect(chunks.map((chunk) => new TextDecoder().decode(chunk))).toEqual(['hel', 'lo']);
    expect(socket.sent).toEqual([Uint8Array.of(0, 104, 105)]);
  });

  it('says that nothing listens', async () => {
    const socket = createFakeSocket([
      [0, PORT],
      [1, `${PORT}refused`],
    ]);
    const stream = startPortForward(socket, 'forward port 80', 'cluster east');
    await expect(readAll(stream.output)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'forward port 80: cluster east: refused',
    });
    expect(socket.isClosed()).toBe(true);
  });
});
