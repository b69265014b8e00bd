import { isApiError } from '@clusternet/client';
import { errorText, isDeadlineError } from '@clusternet/runtime';
import type { AcrossRequest } from './read-across-request.ts';

/** What came of asking. */
export interface Outcome {
  /** Labels of all clusters that were to be asked. */
  readonly asked: readonly string[];
  /** Why there is no, or not all of an, answer of a cluster; by its label. */
  readonly silent: ReadonlyMap<string, unknown>;
  /** Kinds that some cluster serves, as they were written. */
  readonly served: ReadonlySet<string>;
  /** Names that some cluster has. */
  readonly found: ReadonlySet<string>;
  readonly hasPrinted: boolean;
}

export interface Summary {
  /** What to say beside the answers; empty when there is nothing to say. */
  readonly text: string;
  /** 0 all answered, 1 nothing of worth came, 3 some did not answer. */
  readonly code: number;
}

const SOME_SILENT = 3;

/** Judges the whole. */
export function summarize(
  { asked, silent, served, found, hasPrinted }: Outcome,
  request: Pick<AcrossRequest, 'kinds' | 'names' | 'namespace' | 'output' | 'timeoutMs'>,
): Summary {
  const answered = asked.length - silent.size;
  const where = `${answered} cluster${answered === 1 ? '' : 's'}`;
  const lines: string[] = [];
  const unknown = answered === 0 ? [] : request.kinds.filter((kind) => !served.has(kind));
  if (unknown.length > 0) lines.push(`error: none of ${where} that answered serves ${unknown.join(' or ')}`);
  const missing =
    answered === 0 || unknown.length > 0 ? [] : request.names.filter((name) => !found.has(name));
  for (const name of missing)
    lines.push(`error: ${request.kinds[0] ?? ''} "${name}" not found in any of ${where} that answered`);
  const isTable = request.output === 'table' || request.output === 'wide';
  if (!hasPrinted && isTable && lines.length === 0 && answered > 0) {
    const place = request.namespace === undefined ? '' : ` in namespace ${request.namespace}`;
    lines.push(`No resources found${place} of ${where}.`);
  }
  if (silent.size > 0) {
    lines.push(
      `${answered === 0 ? 'error' : 'warning'}: ${silent.size} of ${asked.length} clusters did not answer:`,
    );
    const names = [...silent.keys()].sort();
    lines.push(...names.map((name) => `  ${name}: ${explain(silent.get(name), request.timeoutMs)}`));
  }
  const isFailed = unknown.length > 0 || missing.length > 0 || answered === 0;
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    code: isFailed ? 1 : silent.size > 0 ? SOME_SILENT : 0,
  };
}

function explain(error: unknown, timeoutMs: number): string {
  if (isDeadlineError(error))
    return `nothing came within ${timeoutMs / 1000}s; --request-timeout gives it longer`;
  const text = errorText(error);
  if (isApiError(error, 'FORBIDDEN', 'UNAUTHORIZED'))
    return `${text}; you arrive there as yourself where it has named you, see docs/guides/visiting.md`;
  return text;
}
