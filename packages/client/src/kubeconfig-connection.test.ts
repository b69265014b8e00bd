import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection } from './kubeconfig-connection.ts';
import { loadConnection } from './load-connection.ts';
import type { KubeconfigExec, KubeconfigUser, ParsedKubeconfig } from './kubeconfig-parser.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const env = { PATH: process.env['PATH'] };

function parsed(user: KubeconfigUser = {}, rest: Partial<ParsedKubeconfig> = {}): ParsedKubeconfig {
  return {
    context: 'x',
    namespace: 'default',
    server: 'https://s',
    insecureSkipVerify: false,
    user,
    ...rest,
  };
}

async function headersOf(user: KubeconfigUser): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, 'config');
  const connection = await createConnection(parsed(user), { clock: createFakeClock(), path, env });
  return (await connection.getHeaders?.()) ?? {};
}

/** A plugin that writes down each call and prints what is given. */
async function writePlugin(output: string, status = 0): Promise<KubeconfigExec> {
  const script = `#!/bin/sh\necho called >> "${folder}/calls"\ncat <<'END'\n${output}\nEND\necho plugin says no >&2\nexit ${status}\n`;
  await writeFile(join(folder, 'plugin'), script);
  await chmod(join(folder, 'plugin'), 0o700);
  return { command: './plugin', args: [], env: [], apiVersion: 'client.authentication.k8s.io/v1' };
}

const credential = (status: object): string => JSON.stringify({ kind: 'ExecCredential', status });

describe('createConnection', () => {
  it('reads files relative to the kubeconfig', async () => {
    await writeFile(join(folder, 'ca.crt'), 'CA');
    await writeFile(join(folder, 'a.crt'), 'CERT');
    await writeFile(join(folder, 'a.key'), 'KEY');
    const config = parsed({ certFile: './a.crt', keyFile: join(folder, 'a.key') }, { caFile: 'ca.crt' });
    const connection = await createConnection(config, {
      clock: createFakeClock(),
      path: join(folder, 'config'),
    });
    expect(connection).toMatchObject({ caPem: 'CA', certPem: 'CERT', keyPem: 'KEY', server: 'https://s' });
  });

  it('names a file that is not there', async () => {
    const path = join(folder, 'config');
    const connecting = createConnection(parsed({}, { caFile: 'ca.crt' }), { clock: createFakeClock(), path });
    await expect(connecting).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: `${path} names the file ${join(folder, 'ca.crt')}, which cannot be read`,
    });
  });

  it('reads a token file again after a minute, or when its token was refused', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'one\n');
    const clock = createFakeClock();
    const connection = await createConnection(parsed({ tokenFile, token: 'older' }), {
      clock,
      path: join(folder, 'c'),
    });
    const authorization = async (): Promise<unknown> => (await connection.getHeaders?.())?.['authorization'];
    expect(await authorization()).toBe('Bearer one');
    await writeFile(tokenFile, 'two\n');
    await clock.advance(59_000);
    expect(await authorization()).toBe('Bearer one');
    await clock.advance(2000);
    expect(await authorization()).toBe('Bearer two');
    await writeFile(tokenFile, 'three');
    connection.onUnauthorized?.();
    expect(await authorization()).toBe('Bearer three');
  });

  it.each([
    { why: 'nothing', user: {}, want: {} },
    { why: 'a token', user: { token: 'abc' }, want: { authorization: 'Bearer abc' } },
    {
      why: 'a name and password',
      user: { username: 'jane', password: 'pass:word' },
      want: { authorization: `Basic ${Buffer.from('jane:pass:word').toString('base64')}` },
    },
    {
      why: 'a token rather than a password',
      user: { token: 'abc', username: 'jane' },
      want: { authorization: 'Bearer abc' },
    },
    {
      why: 'impersonation, with keys that fit a header',
      user: { impersonate: { user: 'jane', uid: '7', groups: ['a', 'b'], extra: new Map([['x/y', ['1']]]) } },
      want: {
        'impersonate-user': 'jane',
        'impersonate-uid': '7',
        'impersonate-group': ['a', 'b'],
        'impersonate-extra-x%2Fy': ['1'],
      },
    },
  ])('shows $why', async ({ user, want }) => {
    expect(await headersOf(user)).toEqual(want);
  });

  it.each([
    { why: 'auth providers', config: parsed({ authProvider: 'gcp' }), want: 'auth provider "gcp"' },
    {
      why: 'a proxy that would be passed by',
      config: parsed({}, { proxyUrl: 'http://p' }),
      want: 'proxy-url',
    },
  ])('refuses $why', async ({ config, want }) => {
    const connecting = createConnection(config, { clock: createFakeClock(), path: 'f' });
    await expect(connecting).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(want) as string,
    });
  });
});

describe('an exec plugin', () => {
  it('is asked once for all that wait, and again shortly before its token expires', async () => {
    const clock = createFakeClock();
    const expirationTimestamp = new Date(clock.nowMs() + 600_000).toISOString();
    const exec = await writePlugin(credential({ token: 'abc', expirationTimestamp }));
    const path = join(folder, 'config');
    const connection = await createConnection(parsed({ exec }), { clock, path, env });
    const ask = () => Promise.all([connection.getHeaders?.(), connection.getHeaders?.()]);
    expect(await ask()).toEqual(Array(2).fill({ authorization: 'Bearer abc' }));
    await ask();
    expect(await calls()).toBe(1);
    await clock.advance(550_000);
    await ask();
    expect(await calls()).toBe(2);
  });

  it('is asked again when the server refused its token', async () => {
    const exec = await writePlugin(credential({ token: 'abc' }));
    const path = join(folder, 'config');
    const connection = await createConnection(parsed({ exec }), { clock: createFakeClock(), path, env });
    await connection.getHeaders?.();
    connection.onUnauthorized?.();
    await connection.getHeaders?.();
    expect(await calls()).toBe(2);
  });

  it.each([
    { why: 'prints something else', output: 'token: SECRET', want: 'printed something that is not JSON' },
    { why: 'prints another object', output: '{"kind":"Pod"}', want: 'not an ExecCredential' },
    { why: 'gives nothing', output: credential({}), want: 'gave no token' },
    {
      why: 'gives a certificate',
      output: credential({ clientCertificateData: 'x' }),
      want: 'client certificate, which is not supported',
    },
  ])('that $why is named', async ({ output, want }) => {
    const exec = await writePlugin(output);
    const error: unknown = await headersOf({ exec }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(want) as string });
    expect(String(error)).toContain('"./plugin"');
    expect(String(error)).not.toContain('SECRET');
  });

  it('that fails is named with the last line it said', async () => {
    const exec = await writePlugin('', 3);
    await expect(headersOf({ exec })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: 'the credential plugin "./plugin" failed: plugin says no',
    });
  });

  it('that is not installed comes with its hint', async () => {
    const exec = {
      command: 'no-such-plugin-here',
      args: [],
      env: [],
      apiVersion: 'v1',
      installHint: 'get it at x',
    };
    await expect(headersOf({ exec })).rejects.toMatchObject({
      message: 'the credential plugin "no-such-plugin-here" is not installed: get it at x',
    });
  });

  async function calls(): Promise<number> {
    const { readFile } = await import('node:fs/promises');
    return (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n').length;
  }
});

describe('loadConnection', () => {
  it('says in one sentence that a kubeconfig does not exist', async () => {
    const kubeconfig = join(folder, 'none');
    await expect(loadConnection({ kubeconfig, env: {} })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: `the kubeconfig does not exist: there is no file ${kubeconfig}`,
    });
  });

  it('says what to do outside of a pod without a kubeconfig', async () => {
    await expect(loadConnection({ env: {} })).rejects.toMatchObject({
      message: 'not running in a pod, and no kubeconfig is given; use --kubeconfig',
    });
  });

  it('reads a kubeconfig without the big library, and one with a plugin through it', async () => {
    const exec = await writePlugin(credential({ token: 'abc' }));
    const path = join(folder, 'config');
    await writeFile(join(folder, 'ca.crt'), 'CA');
    const write = (user: object): Promise<void> =>
      writeFile(
        path,
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          'current-context': 'x',
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          clusters: [
            { name: 'c', cluster: { server: 'https://10.0.0.1', 'certificate-authority': 'ca.crt' } },
          ],
          users: [{ name: 'u', user }],
        }),
      );
    await write({ token: 'plain' });
    const plain = await loadConnection({ kubeconfig: path, env });
    expect(await plain.getHeaders?.()).toEqual({ authorization: 'Bearer plain' });
    await write({
      exec: { ...exec, command: join(folder, 'plugin'), apiVersion: 'client.authentication.k8s.io/v1beta1' },
    });
    const plugin = await loadConnection({ kubeconfig: path, env });
    expect(plugin).toMatchObject({ server: 'https://10.0.0.1', caPem: 'CA' });
    expect(await plugin.getHeaders?.()).toMatchObject({ authorization: 'Bearer abc' });
    await write({ exec: { command: join(folder, 'none'), apiVersion: 'client.authentication.k8s.io/v1' } });
    await expect(loadConnection({ kubeconfig: path, env })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
