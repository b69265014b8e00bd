import { cutAnswer, interceptAnswer } from './intercept-answer.ts';
import type { Answer, AnswerMethod } from './intercept-answer.ts';

/** How much may be held back, over all answers that share it. */
export interface HoldBudget {
  leftBytes: number;
}

/**
 * Holds an answer back until the result is called; then all of it goes out in order. An answer that finds the
 * budget used up is cut off, as a reader too slow for its watch would be.
 */
export function holdAnswer(answer: Answer, budget: HoldBudget): () => void {
  const calls: (readonly [AnswerMethod, readonly unknown[]])[] = [];
  let heldBytes = 0;
  let isGone = false;
  const forget = (): void => {
    isGone = true;
    budget.leftBytes += heldBytes;
    heldBytes = 0;
    calls.length = 0;
  };
  const uncover = interceptAnswer(answer, (method, args) => {
    const sizeBytes = measure(args[0]);
    if (!isGone && sizeBytes > budget.leftBytes) {
      forget();
      cutAnswer(answer);
    } else if (!isGone) {
      budget.leftBytes -= sizeBytes;
      heldBytes += sizeBytes;
      calls.push([method, args]);
    }
    return method === 'write' ? false : answer; // pipes wait for `drain`
  });
  answer.once('close', forget);
  return () => {
    uncover();
    answer.off('close', forget);
    const waiting = calls.slice();
    forget();
    replay(answer, waiting);
  };
}

function measure(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

function replay(answer: Answer, calls: readonly (readonly [AnswerMethod, readonly unknown[]])[]): void {
  let canTakeMore = false;
  try {
    for (const [method, args] of calls) {
      if (answer.destroyed) return;
      const send = Reflect.get(answer, method) as (...args: unknown[]) => unknown;
      const result = send.apply(answer, [...args]);
      canTakeMore = method === 'write' && result === true;
    }
  } catch {
    // A head was written twice: the handler had failed in the middle. What an answer without a hold ends in, too.
    answer.destroy();
    return;
  }
  if (canTakeMore) answer.emit('drain');
}
