import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFlagReader } from './flag-reader.ts';
import { formatHelp, nearest, parseDuration, parseFlags } from './flags.ts';
import type { FlagTable } from './flags.ts';

const table: FlagTable = {
  name: { kind: 'string', default: 'anon', help: 'A name.' },
  token: { kind: 'string', default: '', help: 'A token.', isSecret: true },
  secretport: { kind: 'integer', default: '1', help: 'A number nobody may see.', isSecret: true },
  port: { kind: 'integer', default: '443', help: 'A port.', min: -1, max: 65_535 },
  rate: { kind: 'number', default: '0.5', help: 'A rate.', min: 0 },
  wait: { kind: 'duration', default: '20s', help: 'A wait.' },
  'is-on': { kind: 'boolean', default: 'false', help: 'A switch.' },
  parts: { kind: 'list', default: 'a', help: 'Parts.' },
  labels: { kind: 'map', default: '', help: 'Labels.' },
  mode: { kind: 'string', default: 'Pull', help: 'A mode.', choices: ['Pull', 'Push'] },
  'old-flag': { kind: 'string', default: '', help: '', isIgnored: true },
};

const errorsOf = (...args: readonly string[]): readonly string[] => parseFlags(table, args).errors;

describe('parseFlags', () => {
  it('fills in defaults', () => {
    const read = createFlagReader(parseFlags(table, []));
    expect([read.text('name'), read.number('port'), read.durationMs('wait'), read.flag('is-on')]).toEqual([
      'anon',
      443,
      20_000,
      false,
    ]);
    expect([read.list('parts'), read.map('labels')]).toEqual([['a'], {}]);
  });

  it.each([
    [['--name=x'], 'x'],
    [['--name', 'x'], 'x'],
    [['-name', 'x'], 'x'],
    [['--name=a=b'], 'a=b'],
    [['--name='], ''],
    [['--name', '-x'], '-x'],
    [['--name=a', '--name=b'], 'b'],
  ])('reads text from %j', (args, want) => {
    const flags = parseFlags(table, args);
    expect([flags.values.get('name'), flags.errors]).toEqual([want, []]);
  });

  it.each([
    [['--is-on'], true],
    [['--is-on=true'], true],
    [['--is-on=T'], true],
    [['--is_on', 'true'], true],
    [['--is-on', 'false'], false],
    [['--is-on=0'], false],
    [['--is-on', '--name=x'], true],
  ])('reads a switch from %j', (args, want) => {
    const flags = parseFlags(table, args);
    expect([createFlagReader(flags).flag('is-on'), flags.errors]).toEqual([want, []]);
  });

  it('reads lists and maps, given once or often', () => {
    const args = ['--parts=x,y', '--parts', ' z ', '--labels=a=1,b=2', '--labels=c=', '--labels=__proto__=3'];
    const read = createFlagReader(parseFlags(table, args));
    expect(read.list('parts')).toEqual(['x', 'y', 'z']);
    expect(Object.entries(read.map('labels'))).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', ''],
      ['__proto__', '3'],
    ]);
  });

  it('takes a negative number for a value', () => {
    expect(createFlagReader(parseFlags(table, ['--port', '-1'])).number('port')).toBe(-1);
  });

  it.each([
    [['--port=x'], '--port takes a whole number, not "x"'],
    [['--port=1.5'], '--port takes a whole number, not "1.5"'],
    [['--port='], '--port takes a whole number, not ""'],
    [['--port=99999999999999999999'], '--port takes a whole number, not "99999999999999999999"'],
    [['--port=70000'], '--port takes -1 to 65535, not "70000"'],
    [['--rate=-1'], '--rate takes 0 or more, not "-1"'],
    [['--rate= '], '--rate takes a number, not " "'],
    [['--rate=Infinity'], '--rate takes a number, not "Infinity"'],
    [['--wait=20'], '--wait takes a duration such as 20s or 3m, not "20"'],
    [['--is-on=maybe'], '--is-on takes true or false, not "maybe"'],
    [['--labels=a'], '--labels takes key=value pairs joined by commas, not "a"'],
    [['--mode=Pushed'], '--mode takes Pull, Push; not "Pushed"'],
    [['--name'], '--name needs a value'],
    [['--name', '--is-on'], '--name needs a value'],
    [['--nam=x'], '--nam is not a flag; did you mean --name?'],
    [['--nam', 'x'], '--nam is not a flag; did you mean --name?'],
    [['--entirely-else'], '--entirely-else is not a flag'],
    [['--constructor=x'], '--constructor is not a flag'],
    [['word'], '"word" is not a flag; this program takes no arguments'],
    [['-'], '"-" is not a flag; this program takes no arguments'],
    [['--', 'word'], '"word" is not a flag; this program takes no arguments'],
  ])('refuses %j', (args, want) => {
    expect(errorsOf(...args)).toEqual([want]);
  });

  it('collects all mistakes, and goes on with the defaults in their place', () => {
    const flags = parseFlags(table, ['--port=x', '--nam=y', '--wait=1', '--mode=Never', '--name=fine']);
    expect(flags.errors).toHaveLength(4);
    const read = createFlagReader(flags);
    expect([read.number('port'), read.durationMs('wait'), read.text('name')]).toEqual([443, 20_000, 'fine']);
  });

  it('says what is required, with its help', () => {
    const required: FlagTable = {
      url: { kind: 'string', default: '', help: 'URL of it.', isRequired: true },
    };
    expect(parseFlags(required, []).errors).toEqual(['--url is required: URL of it.']);
    expect(parseFlags(required, ['--url']).errors).toEqual(['--url needs a value']);
  });

  it('never shows a secret', () => {
    expect(errorsOf('--secretport=hunter2').join()).toBe('--secretport takes a whole number, not the value');
    expect(errorsOf('--token=', 'hunter2').join()).not.toContain('hunter2');
    expect(errorsOf('--tokn', 'hunter2').join()).not.toContain('hunter2');
    const shown: FlagTable = {
      token: { kind: 'string', default: 'hunter2', help: 'A token.', isSecret: true },
    };
    expect(formatHelp('x', 'Does x.', shown)).not.toContain('hunter2');
  });

  it('notes what has no effect', () => {
    expect(parseFlags(table, ['--old-flag=1', '--name=x']).ignored).toEqual(['old-flag']);
  });

  it('asks for nothing else when help or version are wanted', () => {
    const required: FlagTable = { url: { kind: 'string', default: '', help: 'URL.', isRequired: true } };
    expect(parseFlags(required, ['--help'])).toMatchObject({ isHelp: true, errors: [] });
    expect(parseFlags(required, ['-h'])).toMatchObject({ isHelp: true, errors: [] });
    expect(parseFlags(required, ['--version'])).toMatchObject({ version: 'short', errors: [] });
    expect(parseFlags(required, ['--version=json'])).toMatchObject({ version: 'json', errors: [] });
  });

  it('reads anything without throwing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('--name', '--port=1', '--is-on', '--'))),
        (args) => {
          const flags = parseFlags(table, args);
          const read = createFlagReader(flags);
          expect(Number.isNaN(read.number('port'))).toBe(false);
          read.map('labels');
          read.durationMs('wait');
        },
      ),
    );
  });
});

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['20s', 20_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250ms', 250],
    ['10us', 0.01],
    ['1µs', 0.001],
    ['1000000ns', 1],
    ['5', undefined],
    ['', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['1 s', undefined],
  ])('%j is %s ms', (text, want) => {
    const got = parseDuration(text);
    if (want === undefined) expect(got).toBeUndefined();
    else expect(got).toBeCloseTo(want);
  });
});

describe('nearest', () => {
  it.each([
    ['feature-gate', 'feature-gates'],
    ['kubeconfg', 'kubeconfig'],
    ['zzz', undefined],
    ['', undefined],
  ])('to %j is %s', (word, want) => {
    expect(nearest(word, ['feature-gates', 'kubeconfig'])).toBe(want);
  });
});

describe('createFlagReader', () => {
  it('throws for a flag that is not in the table', () => {
    expect(() => createFlagReader(parseFlags(table, [])).text('nothing')).toThrow(RangeError);
  });
});

describe('formatHelp', () => {
  it('shows flags with their types and defaults, and those without effect apart', () => {
    const help = formatHelp('prog', 'Does things.', table);
    expect(help).toContain('Does things.\n\nUsage:\n  prog [flags]\n\nFlags:\n');
    expect(help).toContain('  --port integer\n        A port. (default 443)\n');
    expect(help).toContain('  --mode Pull|Push\n        A mode. (default Pull)\n');
    expect(help).toContain('  --is-on\n        A switch. (default false)\n');
    expect(help.trimEnd().split('\n').slice(-2)).toEqual([
      'Accepted for compatibility, without effect:',
      '  --old-flag',
    ]);
  });
});
