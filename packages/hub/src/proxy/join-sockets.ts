import type { Duplex } from 'node:stream';
import type { Clock } from '@clusternet/runtime';

/** How long a side that was sent everything may take to close as well, ms. */
const LINGER_MS = 5000;

/**
 * Copies bytes both ways until either side ends, then closes both once they have swallowed what they were given.
 * Back-pressure holds. Resolves when both are closed.
 */
export function joinSockets(clock: Clock, a: Duplex, b: Duplex): Promise<void> {
  return Promise.all([relay(clock, a, b), relay(clock, b, a)]).then(() => undefined);
}

function relay(clock: Clock, from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      if (isBroken(from)) to.destroy();
      else if (!to.destroyed) finish(clock, to);
      resolve();
    };
    if (from.destroyed) {
      close();
      return;
    }
    from.pipe(to);
    from.once('end', () => {
      // It takes nothing more, and what it is written now must not break off what it has sent.
      if (from.allowHalfOpen) return;
      to.unpipe(from);
      to.resume();
    });
    from.on('error', () => {
      if (isBroken(from)) to.destroy();
    });
    from.once('close', close);
  });
}

/** Whether a side broke before all it had to say was read. */
function isBroken(side: Duplex): boolean {
  return side.errored !== null && !side.readableEnded;
}

/**
 * Sends what is left, and closes when the other end has: closing while it still sends would have its kernel told that the
 * connection broke, and some forget then what they have not been read yet.
 */
function finish(clock: Clock, side: Duplex): void {
  side.end(() => {
    if (side.readableEnded || side.destroyed) {
      side.destroy();
      return;
    }
    side.resume();
    const cancel = clock.schedule(LINGER_MS, () => side.destroy());
    side.once('end', () => side.destroy());
    side.once('close', cancel);
  });
}
