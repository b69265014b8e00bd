/** What an object in a child says of itself. Nothing waits for it: what is delivered may still be starting, or broken. */
export interface Health {
  readonly state: 'Healthy' | 'Progressing' | 'Unhealthy';
  /** What is amiss; empty when nothing is. */
  readonly message: string;
}

export const HEALTHY: Health = { state: 'Healthy', message: '' };

export function progressing(message: string): Health {
  return { state: 'Progressing', message };
}

export function unhealthy(message: string): Health {
  return { state: 'Unhealthy', message };
}

const RANKS: Readonly<Record<Health['state'], number>> = { Healthy: 0, Progressing: 1, Unhealthy: 2 };

/** The worst state of several, and what those that are in it say. None at all are healthy. */
export function worstHealth(all: readonly Health[]): Health {
  const rank = Math.max(0, ...all.map(({ state }) => RANKS[state]));
  const worst = all.filter(({ state }) => RANKS[state] === rank);
  const [first = HEALTHY] = worst;
  const messages = new Set(worst.map(({ message }) => message).filter((message) => message !== ''));
  return { state: first.state, message: [...messages].join('; ') };
}
