import { errorText } from '@clusternet/runtime';
import type { LogFields, Logger } from '@clusternet/runtime';
import { destination, pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';

export interface LoggerOptions {
  /** Go's `-v`: 0 warnings, 2 what changed, 4 and more how. */
  readonly verbosity: number;
  readonly component: string;
}

/** JSON lines on standard error. */
export function createLogger({ verbosity, component }: LoggerOptions): Logger {
  const level = verbosity >= 4 ? 'debug' : verbosity >= 1 ? 'info' : 'warn';
  const root = pino(
    {
      level,
      base: { component },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  );
  return wrap(root);
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, fields = {}) => {
      logger.debug(plain(fields), message);
    },
    info: (message, fields = {}) => {
      logger.info(plain(fields), message);
    },
    warn: (message, fields = {}) => {
      logger.warn(plain(fields), message);
    },
    error: (message, fields = {}) => {
      logger.error(plain(fields), message);
    },
    child: (fields) => wrap(logger.child(plain(fields))),
  };
}

/** Errors become one sentence: a stack trace is nothing an operator can act on. */
function plain(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? errorText(value) : value]),
  );
}
