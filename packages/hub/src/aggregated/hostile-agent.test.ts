import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TYPE, answerOf, frameOf, startHostileAgent } from './hostile-agent.fixture.ts';
import type { HostileAgent } from './hostile-agent.fixture.ts';
import { CLUSTER_ID, SOCKETS, call, createTestPki, startHub } from './loopback.fixture.ts';
import type { Hub, TestPki } from './loopback.fixture.ts';

const PATH = `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api`;
const END = 1;

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki('parent');
});

async function start(
  onRequest: (agent: HostileAgent, stream: number) => void = () => {},
): Promise<{ hub: Hub; agent: HostileAgent }> {
  const hub = await startHub(pki, () => ({
    apiserverUrl: 'https://127.0.0.1:1',
    caPem: pki.ca.certPem,
    useSocket: true,
    namespace: 'clusternet-x',
  }));
  return { hub, agent: await startHostileAgent(hub, onRequest) };
}

const answer =
  (status: number, fields: readonly string[], flags = 0) =>
  (agent: HostileAgent, stream: number) =>
    agent.send(frameOf(TYPE.response, flags, stream, answerOf(status, fields)));

describe('an agent that answers with nonsense', () => {
  it.each([
    { why: 'a field name that is none', fields: ['x y', '1'] },
    { why: 'a line end in a value', fields: ['x', 'a\r\nset-cookie: b'] },
    { why: 'a line feed in a name', fields: ['x\ny', '1'] },
    { why: 'an empty name', fields: ['', '1'] },
    { why: 'half a field', fields: ['x'] },
  ])('loses its own session, and nobody else anything: $why', async ({ fields }) => {
    const { hub, agent } = await start(answer(200, fields, END));
    const gone = once(agent.socket, 'close');
    expect((await call(hub, PATH)).status).toBe(503);
    await gone;
    expect((await call(hub, '/readyz')).status).toBe(200);
  });

  it.each([
    { why: 'two lengths', fields: ['content-length', '1', 'content-length', '2'] },
    { why: 'a length that is no number', fields: ['content-length', '+5'] },
    { why: 'a negative length', fields: ['content-length', '-1'] },
  ])('fails the one request: $why', async ({ fields }) => {
    const { hub, agent } = await start(answer(200, fields, END));
    expect((await call(hub, PATH)).status).toBe(503);
    expect(agent.socket.destroyed).toBe(false);
  });

  it.each([
    { why: 'more than it announced', body: 'four bytes and HTTP/1.1 200 OK\r\n\r\n' },
    { why: 'less than it announced', body: 'two' },
  ])('cannot put words into the next answer on a kept connection: $why', async ({ body }) => {
    const { hub } = await start((agent, stream) => {
      answer(200, ['content-length', '4'])(agent, stream);
      agent.send(frameOf(TYPE.data, END, stream, body));
    });
    const kept = new Agent({ keepAlive: true, maxSockets: 1, ca: hub.caPem });
    onTestFinished(() => kept.destroy());
    const ask = async (path: string): Promise<number | undefined> => {
      const request = httpsRequest(`${hub.url}${path}`, { agent: kept });
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      for await (const _ of response as AsyncIterable<Buffer>);
      return response.statusCode;
    };
    await expect(ask(PATH)).rejects.toThrow();
    expect(await ask('/readyz')).toBe(200);
  });

  it('fails the one request of an HTTP/2 caller when a field that can be there once is there twice', async () => {
    const { hub } = await start(answer(200, ['content-type', 'a/b', 'content-type', 'c/d'], END));
    const client = connect(hub.url, { ca: hub.caPem });
    onTestFinished(() => client.destroy());
    const ask = async (path: string): Promise<unknown> => {
      const stream = client.request({ ':path': path });
      const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
      stream.resume();
      await once(stream, 'close');
      return headers[':status'];
    };
    expect(await ask(PATH)).toBe(503);
    expect(await ask('/readyz')).toBe(200);
  });

  it('ends the request when it answers twice, sends data first, or trailers behind the end', async () => {
    for (const frames of [
      (stream: number) => [frameOf(TYPE.data, 0, stream, 'early')],
      (stream: number) => [frameOf(TYPE.trailers, END, stream, 'x\0y')],
    ]) {
      const { hub, agent } = await start((hostile, stream) => hostile.send(...frames(stream)));
      expect((await call(hub, PATH)).status).toBe(503);
      expect([agent.socket.destroyed, agent.counts.get(TYPE.reset)]).toEqual([false, 1]);
    }
    const ok = answerOf(200, []);
    for (const frames of [
      (stream: number) => [frameOf(TYPE.response, 0, stream, ok), frameOf(TYPE.response, 0, stream, ok)],
    ]) {
      const { hub, agent } = await start((hostile, stream) => hostile.send(...frames(stream)));
      await expect(call(hub, PATH)).rejects.toThrow();
      expect(agent.socket.destroyed).toBe(false);
    }
  });

  it('ends the request when it sends more than it has credit for', async () => {
    const { hub, agent } = await start((hostile, stream) => {
      answer(200, [])(hostile, stream);
      for (let index = 0; index < 400; index += 1) {
        hostile.send(frameOf(TYPE.data, 0, stream, Buffer.alloc(32 * 1024)));
      }
    });
    await expect(call(hub, PATH)).rejects.toThrow();
    await expect.poll(() => agent.counts.get(TYPE.reset)).toBe(1);
    expect(hub.registry.pick(CLUSTER_ID)?.isClosed).toBe(false);
    expect(hub.registry.pick(CLUSTER_ID)?.bufferedBytes).toBe(0);
  });
});

describe('an agent that floods', () => {
  it('opens streams: each is refused, and none is kept', async () => {
    const { hub, agent } = await start();
    for (let stream = 1; stream < 4000; stream += 2) {
      const type = stream % 4 === 1 ? TYPE.connect : TYPE.request;
      const texts = type === TYPE.connect ? 'tcp\0a:1' : 'apiserver\0GET\0/';
      agent.send(frameOf(type, 0, stream, Buffer.concat([Buffer.alloc(4), Buffer.from(texts)])));
    }
    await expect.poll(() => agent.counts.get(TYPE.reset)).toBe(2000);
    expect(hub.registry.pick(CLUSTER_ID)).toMatchObject({ streams: 0, isClosed: false });
  });

  it('pings, grants credit and says goodbye without end: answered at most once a turn', async () => {
    const { hub, agent } = await start();
    const ping = Buffer.concat(
      Array.from({ length: 10_000 }, () => frameOf(TYPE.ping, 0, 0, Buffer.alloc(4))),
    );
    const credit = Buffer.concat(
      Array.from({ length: 10_000 }, () => frameOf(TYPE.credit, 0, 2, Buffer.alloc(4))),
    );
    const goAway = Buffer.concat(Array.from({ length: 10_000 }, () => frameOf(TYPE.goAway, 0, 0, 'bye')));
    agent.send(ping, credit, goAway, frameOf(TYPE.ping, 0, 0, Buffer.from([0, 0, 0, 9])));
    await expect.poll(() => agent.counts.get(TYPE.ping) ?? 0).toBeGreaterThan(1); // the first is the hub's own
    expect(agent.counts.get(TYPE.ping)).toBeLessThan(1000);
    await expect.poll(() => hub.registry.pick(CLUSTER_ID)?.isDraining).toBe(true);
  });

  it('never reads, and makes the hub answer: its session ends, with no more than that held', async () => {
    const { hub, agent } = await start();
    agent.socket.pause();
    const session = hub.registry.pick(CLUSTER_ID)!;
    const closed = session.closed().catch((error: unknown) => error);
    let stream = 1;
    const timer = setInterval(() => {
      const opens: Buffer[] = [];
      for (let index = 0; index < 20_000; index += 1, stream += 2) {
        opens.push(frameOf(TYPE.connect, 0, stream, Buffer.from('\0\0\0\0tcp\0a:1')));
      }
      agent.send(...opens);
    }, 1);
    onTestFinished(() => clearInterval(timer));
    expect(await closed).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('bytes of control'),
    });
    clearInterval(timer);
  });

  it('sends a head that is too large', async () => {
    const { agent } = await start((hostile, stream) =>
      hostile.send(frameOf(TYPE.response, 0, stream, answerOf(200, ['x', 'y'.repeat(140_000)]))),
    );
    const gone = once(agent.socket, 'close');
    agent.send(frameOf(TYPE.goAway, 0, 0, 'z'.repeat(140_000)));
    await gone;
  });
});
