import { describe, expect, it } from 'vitest';
import { errorText } from './errors.ts';

describe('errorText', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  it.each([
    { why: 'an error says its message', given: new Error('no'), want: 'no' },
    { why: 'an error without a message says its name', given: new TypeError(), want: 'TypeError' },
    {
      why: 'an error without a message says its code',
      given: Object.assign(new Error(''), { code: 'ECONNREFUSED' }),
      want: 'ECONNREFUSED',
    },
    {
      why: 'a connection tried on two addresses says what went wrong on each',
      given: new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]),
      want: 'refused ::1; refused 127.0.0.1',
    },
    { why: 'text is itself', given: 'plain', want: 'plain' },
    { why: 'an object is shown as JSON', given: { reason: 'x' }, want: '{"reason":"x"}' },
    { why: 'what cannot be written as JSON does not throw', given: circular, want: 'object' },
    { why: 'a bigint does not throw', given: 1n, want: 'bigint' },
    { why: 'a function is named by its type', given: () => 1, want: 'function' },
    {
      why: 'causes follow, each once',
      given: new Error('a', { cause: new Error('b', { cause: new Error('a') }) }),
      want: 'a: b',
    },
    { why: 'lines are joined', given: new Error('one\n  two'), want: 'one two' },
  ])('$why', ({ given, want }) => {
    expect(errorText(given)).toBe(want);
  });

  it('ends although the causes go round', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(errorText(error)).toBe('a: b');
  });

  it('counts what it does not name', () => {
    const many = new AggregateError(Array.from({ length: 9 }, (_, index) => new Error(`e${index}`)));
    expect(errorText(many)).toBe('e0; e1; e2; e3; e4; and 4 more');
  });
});
