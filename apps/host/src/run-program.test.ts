import { EventEmitter } from 'node:events';
import { aborted } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { runProgram } from './run-program.ts';
import type { Program, ProgramProcess } from './run-program.ts';

class FakeProcess extends EventEmitter implements ProgramProcess {
  out = '';
  err = '';
  readonly exits: number[] = [];
  readonly stdout = { write: (text: string) => void (this.out += text) };
  readonly stderr = { write: (text: string) => void (this.err += text) };
  exit(code: number): void {
    this.exits.push(code);
  }
}

function program(parts: Partial<Program<string>> = {}): Program<string> {
  return {
    name: 'prog',
    purpose: 'Does things.',
    version: 'v1.2.3',
    flags: {
      port: { kind: 'integer', default: '1', help: 'A port.' },
      url: { kind: 'string', default: '', help: 'A URL.', isRequired: true },
      old: { kind: 'string', default: '', help: '', isIgnored: true },
    },
    configure: (flags) => ({ config: flags.values.get('url'), errors: [] }),
    run: () => Promise.resolve(),
    ...parts,
  };
}

async function execute(
  parts: Partial<Program<string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly host: FakeProcess }> {
  const host = new FakeProcess();
  return { code: await runProgram(program(parts), args, host), host };
}

describe('runProgram', () => {
  it('gives 0 when the program ends, and takes its signal handlers away', async () => {
    const { code, host } = await execute({}, '--url=x');
    expect([code, host.err, host.out, host.eventNames()]).toEqual([0, '', '', []]);
  });

  it('gives 1 and one sentence when the program fails', async () => {
    const run = (): Promise<void> =>
      Promise.reject(new Error('no parent', { cause: new Error('ECONNREFUSED') }));
    const { code, host } = await execute({ run }, '--url=x');
    expect([code, host.err]).toEqual([1, 'prog: no parent: ECONNREFUSED\n']);
  });

  it('gives 2 with all mistakes at once: of flags, and of what they mean together', async () => {
    const configure: Program<string>['configure'] = () => ({
      config: undefined,
      errors: ['--url and --port clash'],
    });
    const { code, host } = await execute({ configure }, '--port=x', '--prt=1');
    expect(code).toBe(2);
    expect(host.err.split('\n')).toEqual([
      'prog: --prt is not a flag; did you mean --port?',
      'prog: --port takes a whole number, not "x"',
      'prog: --url is required: A URL.',
      'prog: --url and --port clash',
      'prog: see prog --help',
      '',
    ]);
  });

  it('gives 2 when configuring throws', async () => {
    const configure = (): never => {
      throw new Error('cannot read it');
    };
    const { code, host } = await execute({ configure }, '--url=x');
    expect([code, host.err]).toEqual([2, 'prog: cannot read it\nprog: see prog --help\n']);
  });

  it('says once what has no effect', async () => {
    const { host } = await execute({}, '--url=x', '--old=1', '--old=2');
    expect(host.err).toBe('prog: --old has no effect here\n');
  });

  it('prints help and versions, and runs nothing', async () => {
    const run = (): never => expect.fail('ran');
    const help = await execute({ run }, '--help');
    expect([help.code, help.host.err]).toEqual([0, '']);
    expect(help.host.out).toContain('Usage:\n  prog [flags]');
    expect((await execute({ run }, '--version')).host.out).toBe('prog version: v1.2.3\n');
    const json = await execute({ run }, '--version=json');
    expect(JSON.parse(json.host.out)).toMatchObject({ programName: 'prog', gitVersion: 'v1.2.3' });
    expect((await execute({ run }, '--version=yaml')).host.out).toContain('gitVersion: v1.2.3\n');
    const odd = await execute({ run }, '--version=xml');
    expect([odd.code, odd.host.err]).toEqual([2, 'prog: --version takes short, json or yaml, not "xml"\n']);
  });

  it.each(['SIGTERM', 'SIGINT'])(
    'asks the program to stop at the first %s, and ends it at the second',
    async (name) => {
      const host = new FakeProcess();
      const gate = Promise.withResolvers<undefined>();
      let isAsked = false;
      const run = async (_config: string, signal: AbortSignal): Promise<void> => {
        await aborted(signal);
        isAsked = true;
        await gate.promise;
      };
      const done = runProgram(program({ run }), ['--url=x'], host);
      host.emit(name);
      await new Promise(setImmediate);
      expect([isAsked, host.exits]).toEqual([true, []]);
      host.emit(name);
      expect(host.exits).toEqual([1]);
      gate.resolve(undefined);
      expect(await done).toBe(0);
    },
  );
});
