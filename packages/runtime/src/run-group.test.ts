import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { aborted, runAll } from './run-group.ts';

describe('runAll', () => {
  it('stops the rest when one fails, and throws that failure after all have settled', async () => {
    const settled: string[] = [];
    const failing = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error('first');
    };
    const waiting = async (signal: AbortSignal): Promise<void> => {
      await aborted(signal);
      settled.push('waiting');
    };
    await expect(runAll([waiting, failing], new AbortController().signal)).rejects.toThrow('first');
    expect(settled).toEqual(['waiting']);
  });

  it('settles quietly when the signal aborts', async () => {
    const controller = new AbortController();
    const done = runAll([aborted, aborted], controller.signal);
    controller.abort();
    await expect(done).resolves.toBeUndefined();
  });

  it('does not start to wait for a signal that has aborted already', async () => {
    await expect(runAll([aborted], AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('stops the rest when one ends by itself', async () => {
    const seen: string[] = [];
    const rest = async (signal: AbortSignal): Promise<void> => {
      await aborted(signal);
      seen.push('rest stopped');
    };
    await runAll([rest, () => Promise.resolve()], new AbortController().signal);
    expect(seen).toEqual(['rest stopped']);
  });

  it('takes a run that throws before its first await as a failure like any other', async () => {
    const broken = (): Promise<void> => {
      throw new Error('at once');
    };
    await expect(runAll([aborted, broken], new AbortController().signal)).rejects.toThrow('at once');
  });

  it('reports the first failure, not what its end makes others throw', async () => {
    const follower = async (signal: AbortSignal): Promise<void> => {
      await aborted(signal);
      throw new Error('second');
    };
    const first = (): Promise<void> => Promise.reject(new Error('first'));
    await expect(runAll([follower, first], new AbortController().signal)).rejects.toThrow('first');
  });

  it('leaves no listener on the signal, and ends at once with nothing to run', async () => {
    const controller = new AbortController();
    await runAll([() => Promise.resolve()], controller.signal);
    await runAll([], controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
