import { getKindInfo } from './kinds.ts';
import { getField, isRecord, toNode, valueSchema } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

/**
 * Fills in the defaults of the CRD, as kube-apiserver does when it stores the object.
 *
 * @param object - Any object; one that is none of our kinds comes back as it is. Not mutated.
 * @returns The object itself when it lacks no default, else a copy that shares what did not change.
 */
export function applyDefaults<Kind extends { apiVersion: string; kind: string }>(object: Kind): Kind {
  const schema = getKindInfo(object.apiVersion, object.kind)?.schema;
  // Defaults fill optional fields: the type stays what it was.
  return schema === undefined ? object : (withDefaults(object, toNode(schema)) as Kind);
}

function withDefaults(value: unknown, node: SchemaNode): unknown {
  if (Array.isArray(value)) return node.items === undefined ? value : mapList(value, node.items);
  if (!isRecord(value)) return value;
  let result = value;
  const set = (key: string, item: unknown): void => {
    if (result === value) result = { ...value };
    result[key] = item;
  };
  for (const [key, field] of Object.entries(node.properties ?? {})) {
    const before = getField(value, key);
    const after = before === undefined ? field.default : withDefaults(before, field);
    if (after !== undefined && after !== before) set(key, after);
  }
  const values = valueSchema(node);
  if (values === undefined) return result;
  for (const [key, item] of Object.entries(value)) {
    const after = withDefaults(item, values);
    if (after !== item) set(key, after);
  }
  return result;
}

function mapList(values: readonly unknown[], items: SchemaNode): readonly unknown[] {
  const after = values.map((value) => withDefaults(value, items));
  return after.some((value, index) => value !== values[index]) ? after : values;
}
