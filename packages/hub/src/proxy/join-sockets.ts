import type { Duplex } from 'node:stream';

/**
 * Copies bytes both ways until either side ends, then closes both once they have swallowed what they were given.
 * Back-pressure holds. Resolves when both are closed.
 */
export function joinSockets(a: Duplex, b: Duplex): Promise<void> {
  return Promise.all([relay(a, b), relay(b, a)]).then(() => undefined);
}

function relay(from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      if (from.errored !== null) to.destroy();
      else if (!to.destroyed) to.end(() => to.destroy());
      resolve();
    };
    if (from.destroyed) {
      close();
      return;
    }
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', close);
  });
}
