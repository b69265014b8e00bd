/** What a hub tells a peer of one cluster. */
export type TunnelNews =
  | {
      readonly cluster: string;
      readonly state: 'draining' | 'live' | 'silent';
      /** Tells sessions of one cluster apart. */
      readonly session: number;
      /** Since it opened, ms. A span, not a point in time: clocks of machines differ. */
      readonly ageMs: number;
      /** Since something came from the agent, ms. */
      readonly quietMs: number;
      readonly version: 1 | 2;
      readonly targets: readonly string[];
    }
  | { readonly cluster: string; readonly state: 'gone'; readonly quietMs: number; readonly message: string }
  /** All that was there when the peer asked has been told. */
  | { readonly state: 'synced' };

/** The longest line that a peer may send, characters. */
export const MAX_LINE_CHARS = 16_384;
/** The longest id of a cluster. */
const MAX_ID_CHARS = 253;

/** One line, without its end. */
export function formatNews(news: TunnelNews): string {
  return JSON.stringify(news);
}

/**
 * @param line - without its end
 * @returns undefined for what this version does not know, which is to be ignored
 * @throws {SyntaxError} for what is no JSON
 */
export function parseNews(line: string): TunnelNews | undefined {
  const value = JSON.parse(line) as Partial<Record<string, unknown>> | null;
  if (typeof value !== 'object' || value === null) return undefined;
  const { cluster, state } = value;
  if (state === 'synced') return { state };
  if (typeof cluster !== 'string' || cluster === '' || cluster.length > MAX_ID_CHARS) return undefined;
  const quietMs = span(value['quietMs']);
  if (state === 'gone') {
    const { message } = value;
    return { cluster, state, quietMs, message: typeof message === 'string' ? message.slice(0, 1024) : '' };
  }
  if (state !== 'live' && state !== 'silent' && state !== 'draining') return undefined;
  const { session, targets } = value;
  return {
    cluster,
    state,
    session: span(session),
    ageMs: span(value['ageMs']),
    quietMs,
    version: value['version'] === 1 ? 1 : 2,
    targets: Array.isArray(targets) ? targets.filter((target) => typeof target === 'string') : [],
  };
}

function span(value: unknown): number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : 0;
}
