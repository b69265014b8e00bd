import type { FaultOrder } from '../control/control-routes.ts';
import type { FaultMatch, FaultSettings, RequestFailure, RequestFault } from '../faults/fault-settings.ts';
import { parseDuration } from './flag-table.ts';
import type { FlagValues } from './flag-table.ts';

/** Flags of `faults` that do not go together, one sentence each. */
export function checkFaultFlags(values: FlagValues): string[] {
  return RULES.filter(({ isBroken }) => isBroken(values)).map(({ error }) => error);
}

const has = (values: FlagValues, ...flags: readonly string[]): boolean =>
  flags.some((flag) => values.has(flag));
const durationMs = (values: FlagValues, flag: string): number => parseDuration(values.get(flag) ?? '0') ?? 0;

const RULES: readonly { readonly error: string; readonly isBroken: (values: FlagValues) => boolean }[] = [
  {
    error: '--clear goes with nothing that is to go wrong',
    isBroken: (values) =>
      has(values, 'clear') && has(values, 'latency', 'jitter', 'error-rate', 'drop-watches-every'),
  },
  {
    error: '--error and --retry-after are for --error-rate',
    isBroken: (values) => has(values, 'error', 'retry-after') && !has(values, 'error-rate'),
  },
  {
    error: '--verbs and --resources are for --latency, --jitter and --error-rate',
    isBroken: (values) =>
      has(values, 'verbs', 'resources') && !has(values, 'latency', 'jitter', 'error-rate'),
  },
  {
    error: '--cut is for --drop-watches and --drop-watches-every',
    isBroken: (values) => has(values, 'cut') && !has(values, 'drop-watches', 'drop-watches-every'),
  },
  {
    error: '--drop-watches-every takes 1ms or more',
    isBroken: (values) => has(values, 'drop-watches-every') && durationMs(values, 'drop-watches-every') < 1,
  },
  {
    error: '--retry-after takes whole seconds',
    isBroken: (values) => durationMs(values, 'retry-after') % 1000 !== 0,
  },
  {
    error: '--retry-after needs an answer, which --error cut and lost do not give',
    isBroken: (values) => has(values, 'retry-after') && ['cut', 'lost'].includes(values.get('error') ?? ''),
  },
];

/** What the flags of `faults` ask for; undefined for none, which only looks. The flags have been checked. */
export function buildFaultOrder(values: FlagValues): FaultOrder | undefined {
  const requests: RequestFault[] = [];
  const match = buildMatch(values);
  if (values.has('latency') || values.has('jitter'))
    requests.push({
      ...match,
      latencyMs: durationMs(values, 'latency'),
      jitterMs: durationMs(values, 'jitter'),
    });
  if (values.has('error-rate'))
    requests.push({ ...match, rate: Number(values.get('error-rate')), fail: buildFailure(values) });
  const by = values.has('cut') ? 'cut' : 'close';
  const settings: FaultSettings = {
    ...(requests.length === 0 ? {} : { requests }),
    ...(values.has('drop-watches-every')
      ? { watches: { everyMs: durationMs(values, 'drop-watches-every'), by } }
      : {}),
  };
  const isSet = Object.keys(settings).length > 0 || values.has('clear');
  if (!isSet && !values.has('drop-watches')) return undefined;
  return { ...(isSet ? { settings } : {}), ...(values.has('drop-watches') ? { dropWatches: by } : {}) };
}

function buildMatch(values: FlagValues): { match?: FaultMatch } {
  const list = (flag: string): Record<string, readonly string[]> =>
    values.has(flag) ? { [flag]: (values.get(flag) ?? '').split(',') } : {};
  const match = { ...list('verbs'), ...list('resources') };
  return Object.keys(match).length === 0 ? {} : { match };
}

function buildFailure(values: FlagValues): RequestFailure {
  const error = values.get('error') ?? '503';
  if (error === 'cut') return { kind: 'cut', when: 'before' };
  if (error === 'lost') return { kind: 'cut', when: 'after' };
  const code = Number(error) as 429 | 500 | 503 | 504; // one of the choices
  const retryAfterSeconds = durationMs(values, 'retry-after') / 1000;
  return { kind: 'status', code, ...(values.has('retry-after') ? { retryAfterSeconds } : {}) };
}
