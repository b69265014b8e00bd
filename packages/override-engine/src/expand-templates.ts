import type { ManagedCluster } from '@clusternet/api-types';
import { getKey, isJsonObject, setKey, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';
import { describeKind } from './explain-patch-error.ts';

/** The facts about a cluster that templates can name: its ManagedCluster. */
export type TemplateCluster = Pick<ManagedCluster, 'metadata' | 'spec' | 'status'>;

/** Of all texts that one value expands to; a short template can name a long status. */
const MAX_EXPANDED_LENGTH = 2 * 1024 * 1024;
const EXPRESSION = /(\$?)\$\{\{(.*?)\}\}/gs;
const PATH =
  /^\s*cluster((?:\.[A-Za-z_][\w-]*|\[\s*(?:"[^"\\]*"|'[^'\\]*'|\d+)\s*\])+)\s*(?:\?\?\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*)?$/;
const STEP = /\.([A-Za-z_][\w-]*)|\[\s*(?:"([^"\\]*)"|'([^'\\]*)'|(\d+))\s*\]/g;

/**
 * Puts facts about a cluster into the texts of a value. Keys are left alone, and what is put in is never read again.
 *
 * `${{ cluster.name }}`, `.namespace`, `.id`, `.labels["KEY"]` and `.status…` (list items by `[0]`), each with an
 * optional default: `${{ cluster.labels.zone ?? "none" }}`. A text that is nothing but one expression becomes what
 * it stands for, of any type; within a longer text it has to be a scalar. `$${{` spells `${{`.
 *
 * @returns A new value.
 * @throws {OverrideError} `INVALID_TEMPLATE` for an expression that cannot be read, or that has neither value nor
 *   default; `TOO_LARGE`
 */
export function expandTemplates(value: JsonValue, cluster: TemplateCluster | undefined): JsonValue {
  const facts = factsOf(cluster);
  const budget = { length: MAX_EXPANDED_LENGTH };
  return expand(value, (expression) => spend(budget, evaluate(expression, facts)));
}

type Evaluate = (expression: string) => JsonValue;

function expand(value: JsonValue, evaluateText: Evaluate): JsonValue {
  if (typeof value === 'string') return expandText(value, evaluateText);
  if (Array.isArray(value)) return value.map((item) => expand(item, evaluateText));
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) setKey(result, key, expand(value[key] ?? null, evaluateText));
  return result;
}

function expandText(text: string, evaluateText: Evaluate): JsonValue {
  if (!text.includes('${{')) return text;
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text);
  if (whole?.[1] !== undefined) return evaluateText(whole[1]);
  return text.replaceAll(EXPRESSION, (found: string, escape: string, expression: string) => {
    if (escape !== '') return found.slice(1);
    const value = evaluateText(expression);
    if (typeof value !== 'object') return String(value);
    throw invalid(
      expression,
      `is ${describeKind(value)}, which has no place within a text; name a scalar in it`,
    );
  });
}

function evaluate(expression: string, facts: JsonObject): JsonValue {
  const [, path, double, single] = PATH.exec(expression) ?? [];
  if (path === undefined)
    throw invalid(
      expression,
      'cannot be read; write cluster.labels["KEY"], cluster.status.FIELD or the like',
    );
  let value: JsonValue | undefined = facts;
  let reached = 'cluster';
  for (const [step, dotted, doubleKey, singleKey, index] of path.matchAll(STEP)) {
    const container: JsonValue = value;
    const next = childOf(container, dotted ?? doubleKey ?? singleKey, index);
    if (next === undefined) {
      const fallback = double ?? single;
      if (fallback !== undefined) return fallback;
      const help = 'set it, or give a default: ?? "TEXT"';
      throw invalid(expression, `has no value: ${reached} is ${describeKind(container)}; ${help}`);
    }
    value = next;
    reached += step;
  }
  return value;
}

function childOf(
  value: JsonValue,
  key: string | undefined,
  index: string | undefined,
): JsonValue | undefined {
  if (index !== undefined) return Array.isArray(value) ? value[Number(index)] : undefined;
  return isJsonObject(value) && key !== undefined ? getKey(value, key) : undefined;
}

function factsOf(cluster: TemplateCluster | undefined): JsonObject {
  if (cluster === undefined) return {};
  const { metadata, spec, status } = cluster;
  const { name, namespace, labels = {} } = metadata;
  // The types of our API describe JSON, which the compiler cannot see.
  return { name, namespace, id: spec?.clusterId, labels, status: status ?? {} };
}

function spend(budget: { length: number }, value: JsonValue): JsonValue {
  budget.length -= typeof value === 'string' ? value.length : stringifyJson(value).length;
  if (budget.length >= 0) return value;
  const limit = `at most ${MAX_EXPANDED_LENGTH} characters`;
  throw new OverrideError(
    'TOO_LARGE',
    `the templates of a value expand to ${limit}; name less of the status`,
  );
}

function invalid(expression: string, text: string): OverrideError {
  const shown = expression.length > 100 ? `${expression.slice(0, 97)}...` : expression;
  return new OverrideError('INVALID_TEMPLATE', `the template \${{${shown}}} ${text}`);
}
