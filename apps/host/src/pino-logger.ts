import { errorText } from '@clusternet/runtime';
import type { LogFields, Logger } from '@clusternet/runtime';
import { destination, pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export interface LoggerOptions {
  /** Go's `-v`: 0 warnings, 2 what changed, 4 and more how. */
  readonly verbosity: number;
  readonly component: string;
  /** Takes each line. @default standard error, synchronously */
  readonly stream?: DestinationStream;
}

/** Keys that every line has; a field of that name is kept under another. */
const RESERVED: ReadonlySet<string> = new Set(['component', 'level', 'message', 'time']);

/**
 * JSON lines on standard error. No key is in a line twice: a field beats that of an outer logger, and one that is
 * called like a key of ours gets an underscore.
 */
export function createLogger({ verbosity, component, stream }: LoggerOptions): Logger {
  const level = verbosity >= 4 ? 'debug' : verbosity >= 1 ? 'info' : 'warn';
  const root = pino(
    {
      level,
      base: { component },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (value: unknown) => value },
    },
    stream ?? destination({ fd: 2, sync: true }),
  );
  return wrap(root, {});
}

/** Fields of outer loggers are merged here and not in pino, which would write a repeated key twice. */
function wrap(logger: PinoLogger, outer: LogFields): Logger {
  const at =
    (level: 'debug' | 'error' | 'info' | 'warn') =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](plain({ ...outer, ...fields }), message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger, { ...outer, ...fields }),
  };
}

/** Errors become one sentence: a stack trace is nothing an operator can act on. */
function plain(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [RESERVED.has(key) ? `${key}_` : key, plainValue(value)]),
  );
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return errorText(value);
  if (typeof value === 'bigint') return value.toString();
  return value;
}
