import { readAll } from '../testing/read-all.fixture.ts';
import { describe, expect, it } from 'vitest';
import { createFakeSocket } from '../testing/fake-socket.fixture.ts';
import { startExec } from './exec.ts';
import { collectOutput } from './run-command.ts';

const SUCCESS = [3, '{"status":"Success"}'] as const;
const failure = (code: string) =>
  [
    3,
    JSON.stringify({ status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: code }] } }),
  ] as const;

function start(
  messages: readonly (readonly [channel: number, text: string])[],
  protocol = 'v5.channel.k8s.io',
) {
  const socket = createFakeSocket(messages, protocol);
  return { socket, session: startExec(socket, 'run sh in ns/web', 'cluster east') };
}

describe('exec', () => {
  it('gives both outputs in their order, then the exit code', async () => {
    const { session, socket } = start([[1, ''], [1, 'out'], [2, 'err'], [1, 'out again'], failure('3')]);
    const output = await readAll(session.output);
    const decode = (data: Uint8Array) => new TextDecoder().decode(data);
    expect(output.map(({ stream, data }) => `${stream} ${decode(data)}`)).toEqual([
      'stdout out',
      'stderr err',
      'stdout out again',
    ]);
    expect(await session.exitCode).toBe(3);
    expect(socket.isClosed()).toBe(true);
  });

  it.each([
    {
      why: 'a command that cannot be started',
      last: [3, '{"status":"Failure","message":"no such file"}'],
      code: 'SERVER_ERROR',
    },
    { why: 'an end that is no Status', last: [3, 'bye'], code: 'BAD_RESPONSE' },
    { why: 'a connection that ends first', last: [1, 'half'], code: 'UNREACHABLE' },
  ] as const)('tells $why', async ({ last, code }) => {
    const { session } = start([last]);
    await readAll(session.output);
    await expect(session.exitCode).rejects.toMatchObject({ code, hop: 'cluster east' });
  });

  it('writes to standard input, ends it, and tells the size of a terminal', async () => {
    const { session, socket } = start([]);
    await session.write('ab');
    await session.write(new Uint8Array(40_000));
    await session.resize({ columns: 80, rows: 25 });
    await session.end();
    expect(socket.sent.map((bytes) => [bytes[0], bytes.length])).toEqual([
      [0, 3],
      [0, 32_769],
      [0, 7233],
      [4, 25],
      [255, 2],
    ]);
    expect(socket.sent.at(-1)).toEqual(Uint8Array.of(255, 0));
    const old = start([], 'v4.channel.k8s.io');
    await expect(old.session.end()).rejects.toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });
});

describe('a command that is run to its end', () => {
  it('is fed, and all that it prints is kept', async () => {
    const { session, socket } = start([[1, 'a'], [2, 'b'], [1, 'c'], SUCCESS]);
    const result = await collectOutput(session, { input: 'x' }, 'run sh');
    expect(result).toEqual({ exitCode: 0, stdout: 'ac', stderr: 'b' });
    expect(socket.sent).toHaveLength(2);
  });

  it('is broken off when it prints too much', async () => {
    const { session, socket } = start([[1, 'abc'], [1, 'def'], SUCCESS]);
    await expect(collectOutput(session, { maxOutputBytes: 5 }, 'run sh')).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(socket.isClosed()).toBe(true);
  });
});
