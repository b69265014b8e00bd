import { API_VERSIONS } from './constants.ts';
import { getKindInfo } from './kinds.ts';
import { getField, isRecord, toNode, valueSchema } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

/** One thing that is wrong with an object. */
export interface ValidationIssue {
  /** Where, such as `spec.subscribers[0].weight`; empty for the object as a whole. */
  readonly path: string;
  /** A sentence that names the path and what was found there. */
  readonly message: string;
}

/**
 * Checks an object of one of our kinds against its schema. Patterns hold for the whole text, where the CRD would
 * take a match anywhere in it. Unknown fields are ignored: newer peers may write them.
 *
 * @returns Nothing when the object is valid; else every issue, in the order of the schema.
 */
export function validate(object: unknown): ValidationIssue[] {
  if (!isRecord(object)) return [{ path: '', message: `an object is expected, found ${show(object)}` }];
  const { apiVersion, kind } = object;
  const info =
    typeof apiVersion === 'string' && typeof kind === 'string' ? getKindInfo(apiVersion, kind) : undefined;
  if (info === undefined) {
    return [
      { path: '', message: `apiVersion ${show(apiVersion)} with kind ${show(kind)} is none of our kinds` },
    ];
  }
  return info.schema === undefined ? [] : [...checkNode(object, toNode(info.schema), '')];
}

/**
 * Checks what may change when an object is replaced, after `validate`.
 *
 * @returns Nothing when `next` may follow `previous`.
 */
export function validateUpdate(previous: unknown, next: unknown): ValidationIssue[] {
  const issues = validate(next);
  const [before, after] = [specOf(previous), specOf(next)];
  if (!isRecord(next) || next['kind'] !== 'ManagedCluster' || next['apiVersion'] !== API_VERSIONS.clusters)
    return issues;
  const wanted = getField(before, 'clusterInitBaseName');
  const found = getField(after, 'clusterInitBaseName');
  if (wanted === undefined || wanted === found) return issues;
  const path = 'spec.clusterInitBaseName';
  return [
    ...issues,
    { path, message: `${path} cannot change once set: it was ${show(wanted)}, found ${show(found)}` },
  ];
}

function specOf(object: unknown): Record<string, unknown> {
  const spec = isRecord(object) ? object['spec'] : undefined;
  return isRecord(spec) ? spec : {};
}

function* checkNode(value: unknown, node: SchemaNode, path: string): Generator<ValidationIssue> {
  const problem = describeTypeProblem(value, node);
  if (problem !== undefined) {
    yield { path, message: `${path === '' ? 'the object' : path} must be ${problem}, found ${show(value)}` };
  } else if (typeof value === 'string') {
    yield* checkText(value, node, path);
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    yield* checkNumber(value, node, path);
  } else if (Array.isArray(value)) {
    yield* checkList(value, node, path);
  } else if (isRecord(value)) {
    yield* checkFields(value, node, path);
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  object: 'an object',
  string: 'text',
};

function describeTypeProblem(value: unknown, node: SchemaNode): string | undefined {
  if (node['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || isOfType(value, 'integer') ? undefined : 'an integer or text';
  }
  if (node.type === undefined || isOfType(value, node.type)) return undefined;
  return TYPE_NAMES[node.type] ?? node.type;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'integer':
      return Number.isInteger(value) || typeof value === 'bigint';
    default:
      return typeof value === type;
  }
}

function* checkText(value: string, node: SchemaNode, path: string): Generator<ValidationIssue> {
  const limit = node.maxLength ?? Infinity;
  if (node.enum !== undefined && !node.enum.includes(value)) {
    yield { path, message: `${path} must be one of ${node.enum.join(', ')}, found ${show(value)}` };
  } else if (value.length > limit) {
    yield { path, message: `${path} may have ${limit} characters, found ${value.length}` };
  } else if (value.length < (node.minLength ?? 0)) {
    yield { path, message: `${path} must not be empty, found ""` };
  } else {
    yield* checkPattern(value, node, path);
  }
}

function* checkPattern(value: string, node: SchemaNode, path: string): Generator<ValidationIssue> {
  const pattern = node.strictPattern ?? node.pattern;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) {
    yield { path, message: `${path} must match ${pattern}, found ${show(value)}` };
  }
}

const INT32_LIMIT = 2 ** 31;
const INT64_LIMIT = 2n ** 63n;

function* checkNumber(value: bigint | number, node: SchemaNode, path: string): Generator<ValidationIssue> {
  const [lowest, highest] = rangeOf(node.format);
  const minimum = node.minimum ?? lowest;
  const maximum = node.maximum ?? highest;
  if (value < minimum) yield { path, message: `${path} must be at least ${minimum}, found ${value}` };
  if (value > maximum) yield { path, message: `${path} must be at most ${maximum}, found ${value}` };
}

function rangeOf(format: string | undefined): readonly [bigint | number, bigint | number] {
  if (format === 'int32') return [-INT32_LIMIT, INT32_LIMIT - 1];
  return format === 'int64' ? [-INT64_LIMIT, INT64_LIMIT - 1n] : [-Infinity, Infinity];
}

function* checkList(values: readonly unknown[], node: SchemaNode, path: string): Generator<ValidationIssue> {
  const limit = node.maxItems ?? Infinity;
  if (values.length > limit)
    yield { path, message: `${path} may have ${limit} items, found ${values.length}` };
  if (node.items === undefined) return;
  for (const [index, value] of values.entries()) yield* checkNode(value, node.items, `${path}[${index}]`);
}

function* checkFields(
  value: Record<string, unknown>,
  node: SchemaNode,
  path: string,
): Generator<ValidationIssue> {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  for (const [key, field] of Object.entries(node.properties ?? {})) {
    const item = getField(value, key);
    if (item !== undefined) yield* checkNode(item, field, at(key));
    else if (node.required?.includes(key) === true && field.default === undefined) {
      yield { path: at(key), message: `${at(key)} is required, found nothing` };
    }
  }
  const values = valueSchema(node);
  if (values === undefined) return;
  for (const [key, item] of Object.entries(value)) yield* checkNode(item, values, at(key));
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
