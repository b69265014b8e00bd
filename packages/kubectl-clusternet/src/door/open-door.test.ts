import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerHeaders } from '@clusternet/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDoor } from './open-door.ts';

/** An API server that answers with what it was asked, and a door to it. */
async function start() {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming);
    outgoing.end('seen');
  });
  server.on('upgrade', (incoming: IncomingMessage, socket) => {
    asked.push(incoming);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = { server: `http://127.0.0.1:${port}/base/`, getHeaders: bearerHeaders('of-the-user') };
  const door = await openDoor({ connection, mapUrl: (url) => `/mapped${url}` });
  onTestFinished(() => {
    door[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
  });
  return { asked, door, origin: new URL(door.url).origin };
}

describe('openDoor', () => {
  it('leads on, with the credential of the connection in place of any other', async () => {
    const { asked, door } = await start();
    const answer = await fetch(`${door.url}/api/v1/pods?limit=1`, {
      headers: { authorization: 'Bearer other', accept: 'application/json' },
    });
    expect(await answer.text()).toBe('seen');
    expect(asked[0]?.url).toBe('/base/mapped/api/v1/pods?limit=1');
    expect(asked[0]?.headers).toMatchObject({
      authorization: 'Bearer of-the-user',
      accept: 'application/json',
    });
  });

  it('turns away who does not know its secret, and asks nothing for them', async () => {
    const { asked, door, origin } = await start();
    const wrong = door.url.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const url of [`${origin}/api`, `${origin}/`, `${wrong}/api`])
      expect((await fetch(url)).status, url).toBe(401);
    expect(asked).toEqual([]);
  });

  it.each([
    { why: 'passes upgrades on', hasSecret: true, status: 101 },
    { why: 'turns upgrades away as well', hasSecret: false, status: 401 },
  ])('$why', async ({ hasSecret, status }) => {
    const { asked, door, origin } = await start();
    const sent = request(`${hasSecret ? door.url : origin}/exec`, {
      headers: { connection: 'Upgrade', upgrade: 'x' },
    });
    sent.end();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('upgrade', resolve).once('response', resolve).once('error', reject);
    });
    expect(answer.statusCode).toBe(status);
    expect(asked).toHaveLength(hasSecret ? 1 : 0);
    sent.destroy();
  });

  it('keeps waiting whom it is told to, until it closes, and says whether anything came to anything', async () => {
    const told: object[] = [];
    const door = await openDoor({
      connection: { server: 'http://127.0.0.1:1' },
      mapUrl: (url) => `/mapped${url}`,
      onFailure: (failure) => told.push(failure) > 0,
    });
    let isSettled = false;
    const asked = fetch(`${door.url}/api`)
      .catch(() => 'closed')
      .finally(() => (isSettled = true));
    await expect
      .poll(() => told)
      .toEqual([{ method: 'GET', url: '/mapped/api', status: undefined, isFirst: true }]);
    expect(isSettled).toBe(false);
    door[Symbol.dispose]();
    expect(await asked).toBe('closed');
  });

  it('says what is wrong where nobody answers', async () => {
    const door = await openDoor({ connection: { server: 'http://127.0.0.1:1' }, mapUrl: (url) => url });
    onTestFinished(() => door[Symbol.dispose]());
    const answer = await fetch(`${door.url}/api`);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ kind: 'Status', code: 502 });
  });
});
