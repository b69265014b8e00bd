import type { Logger } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { createLogger } from './pino-logger.ts';

function setUp(verbosity = 4): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ verbosity, component: 'tester', stream }), lines };
}

/** Keys as they stand in the text, repetitions included. */
const keysOf = (line = ''): string[] => [...line.matchAll(/[{,]"([^"]+)":/g)].map(([, key = '']) => key);

describe('createLogger', () => {
  it('writes one JSON object a line', () => {
    const { log, lines } = setUp();
    log.info('cluster approved', { cluster: 'a', count: 2 });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      component: 'tester',
      message: 'cluster approved',
      cluster: 'a',
      count: 2,
    });
  });

  it('keeps fields that are called like its own keys, without repeating a key', () => {
    const { log, lines } = setUp();
    log.warn('real message', { message: 'm', level: 'l', time: 't', component: 'c' });
    const keys = keysOf(lines[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      message: 'real message',
      level: 'warn',
      component: 'tester',
      message_: 'm',
      level_: 'l',
      time_: 't',
      component_: 'c',
    });
  });

  it('lets the innermost of several fields of one name win, without repeating the key', () => {
    const { log, lines } = setUp();
    log.child({ key: 'outer', controller: 'x' }).child({ key: 'inner' }).info('done', { controller: 'y' });
    const keys = keysOf(lines[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ key: 'inner', controller: 'y' });
  });

  it('makes errors one sentence', () => {
    const { log, lines } = setUp();
    log.error('failed', { error: new Error('a', { cause: new Error('b') }), err: new Error('c') });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: 'a: b', err: 'c' });
  });

  it('survives what JSON cannot say', () => {
    const { log, lines } = setUp();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    log.info('odd', { circular, big: 2n ** 60n, nested: { big: 1n }, nothing: undefined, run: () => 1 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: 'odd', big: '1152921504606846976' });
  });

  it.each([
    [0, ['warn', 'error']],
    [2, ['info', 'warn', 'error']],
    [4, ['debug', 'info', 'warn', 'error']],
  ])('at -v=%i writes %j', (verbosity, want) => {
    const { log, lines } = setUp(verbosity);
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('x');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(want);
  });
});
