import type { ProtocolStream } from '@clusternet/tunnel-protocol';
import { describe, expect, it } from 'vitest';
import { goPeers, startGoAgent, startGoHub } from './go-peers.fixture.ts';
import type { GoHub } from './go-peers.fixture.ts';
import { echo, readAll, readExactly, startOwnAgent, startTarget } from './own-peers.fixture.ts';
import { acceptScript, dialScript, runSession } from './scripted.fixture.ts';
import type { Script } from './scripted.fixture.ts';

const ownId = { 'X-API-Tunnel-ID': 'own', 'X-API-Tunnel-Token': 'own-token' };

/** Collects what a stream has to give. */
function collect(stream: ProtocolStream): { text: string; end: string | undefined } {
  const seen = { text: '', end: undefined as string | undefined };
  stream.bind({
    onReadable: () => {
      for (let bytes = stream.read(); bytes !== undefined; bytes = stream.read())
        seen.text += Buffer.from(bytes).toString();
    },
    onDrain: () => {},
    onEnd: (end) => (seen.end = end.text),
  });
  return seen;
}

describe.each(goPeers)('the peers of a hub on $version', (peer) => {
  const start = (): Promise<GoHub> => startGoHub(peer, { env: { PEER_ID: 'go', PEER_TOKEN: 'go-token' } });
  const add = (hub: GoHub, url: string, token = 'own-token'): Promise<string> =>
    hub.get(
      `/peers/add?id=own&token=${token}&url=${encodeURIComponent(`${url.replace(/^http/, 'ws')}/connect`)}`,
    );
  /** Dials the hub as a peer it knows. */
  const dial = async (): Promise<{ hub: GoHub; script: Script }> => {
    const hub = await start();
    await add(hub, 'http://127.0.0.1:1');
    return { hub, script: await dialScript(`${hub.url}/connect`, ownId) };
  };

  it.each([
    { by: 'an agent on the same library', join: (url: string) => Promise.resolve(startGoAgent(peer, url)) },
    { by: 'an agent of ours', join: (url: string) => startOwnAgent(url) },
  ])('it dials us, advertises $by, and we reach its targets', async ({ join }) => {
    const hub = await start();
    const own = await acceptScript();
    await add(hub, own.url);
    const script = await own.accepted;
    expect(own.headers()).toMatchObject({ 'x-api-tunnel-id': 'go', 'x-api-tunnel-token': 'go-token' });
    const clients: string[] = [];
    const session = runSession(
      script,
      { role: 'acceptor' },
      {
        onClientAdded: ({ clientKey }) => clients.push(`+${clientKey}`),
        onClientRemoved: ({ clientKey }) => clients.push(`-${clientKey}`),
      },
    );
    await join(hub.url);
    await expect.poll(() => clients).toEqual(['+c-1']);
    const stream = session.open('c-1::tcp', await startTarget(echo));
    const seen = collect(stream);
    stream.write(Buffer.from('through two hubs'));
    await expect.poll(() => seen.text).toBe('through two hubs');
    const refused = collect(session.open('c-1::tcp', '127.0.0.1:1'));
    await expect.poll(() => refused.end).toMatch(/dial tcp 127\.0\.0\.1:1|connection refused/);
    const strange = collect(session.open('tcp', '127.0.0.1:1'));
    await expect.poll(() => strange.end).toContain('invalid clientKey/proto: tcp');
  });

  it('it takes back an agent that has gone', async () => {
    const hub = await start();
    const own = await acceptScript();
    await add(hub, own.url);
    const script = await own.accepted;
    const agent = await startOwnAgent(hub.url);
    await expect
      .poll(() => script.frames)
      .toMatchObject([{ kind: 'addClient', text: expect.stringMatching(/^c-1\/\d+$/) }]);
    await agent.close();
    await expect
      .poll(() => script.frames.at(-1))
      .toMatchObject({ kind: 'removeClient', text: expect.stringMatching(/^c-1\/\d+$/) });
  });

  it('it lets us in with our id and token, and nobody else', async () => {
    const { hub, script } = await dial();
    expect(script.websocket.readyState).toBe(script.websocket.OPEN);
    const strangers: Record<string, string>[] = [{ ...ownId, 'X-API-Tunnel-Token': 'wrong' }, {}];
    for (const headers of strangers)
      await expect(dialScript(`${hub.url}/connect`, headers)).rejects.toThrow('400');
  });

  it('it reaches a cluster that we advertise, until we take it back', async () => {
    const { hub, script } = await dial();
    const opened: ProtocolStream[] = [];
    runSession(
      script,
      { role: 'dialler' },
      {
        onConnect: (stream) => {
          opened.push(stream);
          stream.write(Buffer.from('hello from afar'));
          stream.end();
        },
      },
    );
    expect(await hub.has('k')).toBe(false);
    script.send({ kind: 'addClient', conn: 0, text: 'k/1' });
    await expect.poll(() => hub.has('k')).toBe(true);
    expect(String(await readAll(hub.open('k', '10.96.0.1:443')))).toBe('hello from afar');
    expect(opened).toMatchObject([{ network: 'k::tcp', address: '10.96.0.1:443' }]);
    script.send({ kind: 'removeClient', conn: 0, text: 'k/1' });
    await expect.poll(() => hub.has('k')).toBe(false);
  });

  it('a stream between its client and ours carries bytes both ways', async () => {
    const { hub, script } = await dial();
    runSession(
      script,
      { role: 'dialler' },
      {
        onConnect: (stream) => {
          const pass = (): void => {
            for (let bytes = stream.read(); bytes !== undefined; bytes = stream.read()) stream.write(bytes);
          };
          stream.bind({ onReadable: pass, onDrain: () => {}, onEnd: () => {} });
        },
      },
    );
    script.send({ kind: 'addClient', conn: 0, text: 'k/1' });
    await expect.poll(() => hub.has('k')).toBe(true);
    const stream = hub.open('k', '10.96.0.1:443');
    const sent = Buffer.alloc(300_000, 'p');
    stream.write(sent);
    expect((await readExactly(stream, sent.length)).equals(sent)).toBe(true);
  });

  it('an advertisement that is malformed ends the session', async () => {
    const { hub, script } = await dial();
    script.send({ kind: 'addClient', conn: 0, text: 'k/1' });
    await expect.poll(() => hub.has('k')).toBe(true);
    script.send({ kind: 'addClient', conn: 0, text: 'a/b/c' });
    await expect.poll(() => hub.has('k')).toBe(false);
  });
});
