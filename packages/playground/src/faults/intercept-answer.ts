import type { Exchange } from '@clusternet/apiserver';

export type Answer = Exchange['out'];

/** What puts something of an answer on the wire. HTTP/2 sends the head with `writeHead`, HTTP/1.1 with the first bytes. */
const METHODS = ['writeHead', 'flushHeaders', 'write', 'end'] as const;

export type AnswerMethod = (typeof METHODS)[number];

/**
 * Has `instead` called in place of the methods by which an answer is sent. Those of the object are covered rather
 * than wrapped beforehand, so that answers nobody intercepts cost nothing.
 *
 * @returns what uncovers them; the last interception has to go first
 */
export function interceptAnswer(
  answer: Answer,
  instead: (method: AnswerMethod, args: readonly unknown[]) => unknown,
): () => void {
  const methods = METHODS.filter((method) => method in answer);
  const covered = methods.map((method) => Object.getOwnPropertyDescriptor(answer, method));
  for (const method of methods) {
    Object.defineProperty(answer, method, {
      configurable: true,
      writable: true,
      value: (...args: readonly unknown[]) => instead(method, args),
    });
  }
  return () => {
    for (const [index, method] of methods.entries()) {
      const before = covered[index];
      if (before === undefined) Reflect.deleteProperty(answer, method);
      else Object.defineProperty(answer, method, before);
    }
  };
}

/** Breaks an answer off: the connection of HTTP/1.1 is closed, the stream of HTTP/2 reset. */
export function cutAnswer(answer: Answer): void {
  // Without an error HTTP/2 says NO_ERROR, which reads like an end.
  answer.destroy(new Error('cut by the fault switch'));
}

/** Breaks an answer off as soon as its first part is there, so that the request takes effect and nobody hears of it. */
export function loseAnswer(answer: Answer): void {
  let isCut = false;
  interceptAnswer(answer, (method) => {
    if (!isCut) cutAnswer(answer);
    isCut = true;
    return method === 'write' ? true : answer;
  });
}
