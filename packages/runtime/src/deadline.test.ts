import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { aborted } from './run-group.ts';
import { isDeadlineError, withTimeout } from './deadline.ts';
import { errorText } from './errors.ts';

const untilAborted = async (signal: AbortSignal): Promise<never> => {
  await aborted(signal);
  throw signal.reason;
};

describe('withTimeout', () => {
  it('turns a time that ran out into a DeadlineError that names the work', async () => {
    const error: unknown = await withTimeout(5, undefined, 'reading the lease', untilAborted).catch(
      (cause: unknown) => cause,
    );
    expect(isDeadlineError(error)).toBe(true);
    expect(errorText(error)).toBe('reading the lease did not finish within 5 ms');
  });

  it('leaves no listener on the outer signal', async () => {
    const controller = new AbortController();
    await withTimeout(1000, controller.signal, 'work', () => Promise.resolve(1));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('passes the outer abort on as itself', async () => {
    const controller = new AbortController();
    const done = withTimeout(1000, controller.signal, 'work', untilAborted);
    controller.abort(new Error('stop'));
    await expect(done).rejects.toThrow('stop');
  });
});

describe('withTimeout, at its edges', () => {
  it('passes on what the work throws by itself', async () => {
    const work = (): Promise<never> => Promise.reject(new Error('own failure'));
    await expect(withTimeout(1000, undefined, 'work', work)).rejects.toThrow('own failure');
  });

  it('starts the work with a signal that has aborted already', async () => {
    const seen = await withTimeout(1000, AbortSignal.abort(), 'work', (signal) =>
      Promise.resolve(signal.aborted),
    );
    expect(seen).toBe(true);
  });

  it('does not end at once when the limit is longer than a timer can be', async () => {
    const seen = await withTimeout(2 ** 40, undefined, 'work', async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return signal.aborted;
    });
    expect(seen).toBe(false);
  });
});

describe('errorText', () => {
  it('joins the causes once each, in one line', () => {
    const cause = new Error('connect ECONNREFUSED\n127.0.0.1:1');
    expect(errorText(new Error('list pods failed', { cause }))).toBe(
      'list pods failed: connect ECONNREFUSED 127.0.0.1:1',
    );
  });
});
