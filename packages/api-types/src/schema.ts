import { Type } from 'typebox';
import type { TProperties, TSchema } from 'typebox';
import type { ObjectMeta } from './object-meta.ts';

/** A rule in the Common Expression Language, evaluated by kube-apiserver. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** What a field may say beside its type. Everything except `strictPattern` goes into the CRD. */
export interface FieldOptions {
  readonly description?: string;
  readonly default?: unknown;
  readonly pattern?: string;
  /** What our own validation asks in place of `pattern`. */
  readonly strictPattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
}

export const ATOMIC_LIST = { 'x-kubernetes-list-type': 'atomic' } as const;
export const ATOMIC_MAP = { 'x-kubernetes-map-type': 'atomic' } as const;

/** A list whose items are told apart by some of their fields. */
export function mapList(...keys: readonly string[]): FieldOptions {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

export const text = (options: FieldOptions = {}) => Type.String({ ...options });
export const flag = (options: FieldOptions = {}) => Type.Boolean({ ...options });
export const integer = (options: FieldOptions = {}) => Type.Integer({ ...options });
export const int32 = (options: FieldOptions = {}) => Type.Integer({ format: 'int32', ...options });
export const int64 = (options: FieldOptions = {}) => Type.Integer({ format: 'int64', ...options });
export const float = (options: FieldOptions = {}) => Type.Number({ ...options });
/** Base64 text. */
export const bytes = (options: FieldOptions = {}) => Type.String({ format: 'byte', ...options });
export const dateTime = (options: FieldOptions = {}) => Type.String({ format: 'date-time', ...options });

/** One of some words. Structural schemas want the type beside the enum. */
export function oneOf<const Word extends string>(words: readonly Word[], options: FieldOptions = {}) {
  return Type.Unsafe<Word>({ type: 'string', enum: words, ...options });
}

const QUANTITY_PATTERN =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

/** A resource quantity, such as `500m`, `2` or `128Mi`. */
export function quantity() {
  return Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern: QUANTITY_PATTERN,
    'x-kubernetes-int-or-string': true,
  });
}

export function list<Item extends TSchema>(item: Item, options: FieldOptions = {}) {
  return Type.Array(item, { ...options });
}

export function mapOf<Value extends TSchema>(value: Value, options: FieldOptions = {}) {
  return Type.Record(Type.String(), value, { ...options });
}

export function struct<Fields extends TProperties>(fields: Fields, options: FieldOptions = {}) {
  return Type.Object(fields, { ...options });
}

/** A field that may be absent. */
export function opt<Field extends TSchema>(field: Field) {
  return Type.Optional(field);
}

/** Any JSON object. Its fields are kept whatever they are. */
export function anyObject(options: FieldOptions = {}) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...options,
  });
}

/** A kind: its fields beside `apiVersion`, `kind` and `metadata`. */
export function kindSchema<
  const ApiVersion extends string,
  const Kind extends string,
  Fields extends TProperties,
>(
  identity: { readonly apiVersion: ApiVersion; readonly kind: Kind; readonly description: string },
  fields: Fields,
) {
  return Type.Object(
    {
      apiVersion: Type.Unsafe<ApiVersion>({ type: 'string' }),
      kind: Type.Unsafe<Kind>({ type: 'string' }),
      metadata: Type.Unsafe<ObjectMeta>({ type: 'object' }),
      ...fields,
    },
    { description: identity.description },
  );
}
