import { once } from 'node:events';
import type { Frame } from '@clusternet/tunnel-protocol';
import { describe, expect, it } from 'vitest';
import { SOCKETS, goPeers, startGoAgent, startGoHub } from './go-peers.fixture.ts';
import { echo, startOwnAgent, startOwnHub, startTarget } from './own-peers.fixture.ts';
import { acceptScript, dialScript, encodeUnknown } from './scripted.fixture.ts';
import type { Script } from './scripted.fixture.ts';

/** Types that nobody knows yet. */
const LATER = [64, 99];

const data = (conn: number, text: string): Frame => ({ kind: 'data', conn, payload: Buffer.from(text) });

function textOf(frames: readonly Frame[], conn: number): string {
  return frames
    .map((frame) =>
      frame.kind === 'data' && frame.conn === conn ? Buffer.from(frame.payload).toString() : '',
    )
    .join('');
}

/**
 * A Go hub that ends a session leaves its socket open and falls silent, so it is asked; ours closes.
 */
interface ScriptedHub {
  readonly url: string;
  hasAgent(): boolean | Promise<boolean>;
}

const startOurs = async (): Promise<ScriptedHub> => {
  const hub = await startOwnHub();
  const session = hub.nextSession();
  return { url: hub.url, hasAgent: async () => !(await session).isClosed };
};

const hubs: { readonly name: string; readonly start: () => Promise<ScriptedHub> }[] = [
  ...goPeers.map((peer) => ({
    name: `a hub on ${peer.version}`,
    start: async () => {
      const hub = await startGoHub(peer);
      return { url: hub.url, hasAgent: () => hub.has('c-1') };
    },
  })),
  { name: 'a hub of ours', start: startOurs },
];

describe.each(hubs)('a scripted agent and $name', ({ start }) => {
  const dialHub = async (): Promise<{ agent: Script; hub: ScriptedHub }> => {
    const hub = await start();
    return { hub, agent: await dialScript(`${hub.url}${SOCKETS}/c-1`) };
  };
  const dial = async (): Promise<Script> => (await dialHub()).agent;

  it('messages of types that nobody knows change nothing', async () => {
    const agent = await dial();
    for (const type of LATER) {
      agent.websocket.send(encodeUnknown(type, 0, 'payload'));
      agent.websocket.send(encodeUnknown(type, 2, 'payload'));
    }
    agent.websocket.send(encodeUnknown(8, 0, '')); // SyncConnections with no streams
    agent.send(data(77, 'stray'));
    await expect.poll(() => agent.frames).toMatchObject([{ kind: 'error', conn: 77 }]);
    expect(agent.frames).toMatchObject([
      { text: expect.stringMatching(/^connection not found c-1\/\d+\/77$/) },
    ]);
  });

  it('a ping with a payload is answered', async () => {
    const agent = await dial();
    agent.websocket.ping('abc');
    await expect.poll(() => agent.pongs.length).toBe(1);
  });

  it.each([
    {
      why: 'a Connect',
      send: (agent: Script) => agent.send({ kind: 'connect', conn: 3, network: 'tcp', address: 'a:1' }),
    },
    { why: 'a text message', send: (agent: Script) => agent.websocket.send('text') },
    {
      why: 'a varint that never ends',
      send: (agent: Script) => agent.websocket.send(Buffer.alloc(12, 0xff)),
    },
    {
      why: 'a malformed AddClient',
      send: (agent: Script) => agent.send({ kind: 'addClient', conn: 0, text: 'a/b/c' }),
    },
  ])('$why ends the session', async ({ send }) => {
    const { agent, hub } = await dialHub();
    await expect.poll(() => hub.hasAgent()).toBe(true);
    send(agent);
    await expect.poll(() => hub.hasAgent()).toBe(false);
  });
});

const agents = [
  ...goPeers.map((peer) => ({
    name: `an agent on ${peer.version}`,
    start: (url: string) => void startGoAgent(peer, url),
  })),
  {
    name: 'an agent of ours',
    start: (url: string) => {
      startOwnAgent(url, { isWebSocketOnly: true }).then(
        (session) => session.closed().catch(() => {}),
        () => {},
      );
    },
  },
];

describe.each(agents)('a scripted hub and $name', ({ start }) => {
  const accept = async (): Promise<Script> => {
    const { url, accepted } = await acceptScript();
    start(url);
    return accepted;
  };

  it('a stream goes on through messages of types that nobody knows', async () => {
    const address = await startTarget(echo);
    const hub = await accept();
    hub.send({ kind: 'connect', conn: 2, network: 'tcp', address }, data(2, 'one '));
    for (const type of LATER) hub.websocket.send(encodeUnknown(type, 2, 'payload'));
    hub.send({ kind: 'sync', conn: 0, conns: [2] }); // the newest library knows it, the old one ignores it
    hub.send({ kind: 'addClient', conn: 0, text: 'k/1' }, { kind: 'resume', conn: 2 }, data(2, 'two'));
    await expect.poll(() => textOf(hub.frames, 2)).toBe('one two');
  });

  it('a target that closes is one orderly end or two; a refused dial is an Error that says so', async () => {
    const hub = await accept();
    const address = await startTarget((socket) => socket.end('bye'));
    hub.send(
      { kind: 'connect', conn: 2, network: 'tcp', address },
      { kind: 'connect', conn: 3, network: 'tcp', address: '127.0.0.1:1' },
    );
    const errorsOf = (conn: number): string[] =>
      hub.frames.flatMap((frame) => (frame.kind === 'error' && frame.conn === conn ? [frame.text] : []));
    await expect.poll(() => [textOf(hub.frames, 2), errorsOf(2)[0]]).toEqual(['bye', 'EOF']);
    await expect.poll(() => errorsOf(3)[0]).toMatch(/^dial/);
  });

  it('errors that come late or twice, and flow control of streams that are over, are ignored', async () => {
    const address = await startTarget(echo);
    const hub = await accept();
    hub.send(
      { kind: 'connect', conn: 2, network: 'tcp', address },
      { kind: 'error', conn: 2, text: 'EOF' },
      { kind: 'error', conn: 2, text: 'EOF' },
      { kind: 'error', conn: 77, text: 'read tcp: use of closed network connection' },
      { kind: 'pause', conn: 2 },
      { kind: 'resume', conn: 77 },
      { kind: 'connect', conn: 3, network: 'tcp', address },
      data(3, 'alive'),
    );
    await expect.poll(() => textOf(hub.frames, 3)).toBe('alive');
  });

  it('a Connect without a slash ends the session', async () => {
    const hub = await accept();
    hub.websocket.send(
      Buffer.concat([encodeUnknown(2, 2), Buffer.from([0xb0, 0xea, 0x01]), Buffer.from('nothing')]),
    );
    await once(hub.websocket, 'close');
  });

  it('it pings within six seconds', async () => {
    const hub = await accept();
    await expect.poll(() => hub.pings.length, { timeout: 6500 }).toBeGreaterThan(0);
  });
});
