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
});
