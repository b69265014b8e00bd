import { isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { formatPath } from '../apply/field-set.ts';
import { getStructure, itemElement, valueElement } from '../apply/value-structure.ts';
import { followRef, getFieldSchema } from '../schema/open-api-schema.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { formatGoValue } from './format-go-value.ts';

/**
 * What keeps a configuration from being applied: a value of another type than the schema has, a field that it does not
 * declare, an item that stands twice. In the words of Kubernetes' structured merge.
 *
 * @returns one mistake, or all under a heading; undefined when there is none
 */
export function findConfigMistake(config: JsonValue, schema: OpenApiSchema): string | undefined {
  const mistakes: Mistake[] = [];
  walk(config, schema, { path: [], isRoot: true, mistakes });
  const texts = mistakes.map(({ path, reason }) =>
    path.length === 0 ? reason : `${formatPath(path)}: ${reason}`,
  );
  return texts.length > 1 ? ['errors:', ...texts.map((text) => `  ${text}`)].join('\n') : texts[0];
}

interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
}

interface Walk {
  readonly path: readonly string[];
  readonly isRoot: boolean;
  readonly mistakes: Mistake[];
}

function walk(value: JsonValue, schema: OpenApiSchema | undefined, at: Walk): void {
  const target = followRef(schema);
  if (target === undefined || value === null) return;
  const misfit = findMisfit(value, target);
  if (misfit !== undefined) at.mistakes.push({ path: at.path, reason: misfit });
  else if (Array.isArray(value)) walkList(value, schema, target, at);
  else if (isJsonObject(value)) walkMap(value, target, at);
}

function walkMap(value: JsonObject, target: OpenApiSchema, at: Walk): void {
  const isOpen =
    target.properties === undefined
      ? target.additionalProperties === undefined || target.additionalProperties === true
      : target['x-kubernetes-preserve-unknown-fields'] === true || target.additionalProperties === true;
  const isObject = at.isRoot || target['x-kubernetes-embedded-resource'] === true;
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const path = [...at.path, `f:${key}`];
    const field = getFieldSchema(target, key);
    if (field !== undefined) walk(child, field, { ...at, path, isRoot: false });
    else if (!isOpen && !(isObject && (key === 'apiVersion' || key === 'kind' || key === 'metadata'))) {
      at.mistakes.push({ path, reason: 'field not declared in schema' });
      return; // what follows in the same object is not looked at
    }
  }
}

function walkList(
  value: readonly JsonValue[],
  schema: OpenApiSchema | undefined,
  target: OpenApiSchema,
  at: Walk,
): void {
  const structure = getStructure(schema, [...value]);
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    let element = `i:${index}`;
    if (structure.kind === 'set') element = valueElement(item);
    else if (structure.kind === 'list-map') {
      const found = itemElement(item, structure.keys, structure.items);
      if (found === undefined) {
        at.mistakes.push({
          path: at.path,
          reason: `element ${index}: ${describeItem(item, structure.keys)}`,
        });
        return;
      }
      element = found;
    }
    if (structure.kind !== 'atomic' && seen.has(element)) {
      const reason = `duplicate entries for key ${formatPath([element])}`;
      at.mistakes.push({ path: at.path, reason });
    }
    seen.add(element);
    walk(item, target.items, { ...at, path: [...at.path, element], isRoot: false });
  }
}

function describeItem(item: JsonValue, keys: readonly string[]): string {
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isJsonObject(item)) return 'associative list with keys may not have non-map elements';
  const list = keys.map((key) => JSON.stringify(key)).join(' ');
  return `associative list with keys has an element that omits all key fields [${list}] (and doesn't have default values for any key fields)`;
}

/** Why a value does not fit its schema; what the schema leaves open always does. */
function findMisfit(value: JsonValue, target: OpenApiSchema): string | undefined {
  const shown = `&{${formatGoValue(value)}}`;
  const isScalar = typeof value !== 'object';
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const isLoose = target['x-kubernetes-int-or-string'] === true || target.format === 'int-or-string';
  if (isLoose) return isScalar ? undefined : `expected any scalar, got ${shown}`;
  switch (target.type) {
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got ${formatSyntax(value)}`;
    case 'integer':
    case 'number':
      return isNumber ? undefined : `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown}`;
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got ${shown}`;
    case 'object':
      return isJsonObject(value) || isOpaque(target) ? undefined : `expected map, got ${shown}`;
    default:
      return undefined;
  }
}

function isOpaque(target: OpenApiSchema): boolean {
  return target.properties === undefined && target.additionalProperties === undefined;
}

function goTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

/** As Go's `%#v` prints it. */
function formatSyntax(value: JsonValue): string {
  const shown =
    typeof value === 'object' ? `${goTypeOf(value)}${formatGoValue(value)}` : stringifyJson(value);
  return `&value.valueUnstructured{Value:${shown}}`;
}
