import { readFileSync } from 'node:fs';
import { linkDefinitions, openOpaqueTypes } from '@clusternet/apiserver';
import type { ColumnDefinition, OpenApiSchema, ServedSubresource } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { MessageTables } from './protobuf/decode-protobuf.ts';

/** A built-in resource, as a real kube-apiserver reports it. */
export interface BuiltInResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  /** Name of its schema. */
  readonly schema?: string;
  readonly columns?: readonly ColumnDefinition[];
}

/** What a real kube-apiserver of one version offers. */
export interface BuiltInApi {
  readonly version: JsonObject;
  readonly resources: readonly BuiltInResource[];
  /** Bootstrap roles and bindings. */
  readonly rbac: readonly KubeObject[];
  readonly definitions: ReadonlyMap<string, OpenApiSchema>;
}

let loaded: BuiltInApi | undefined;

/** Reads the built-in API; once a process, since it is big and never changes. */
export function loadBuiltInApi(): BuiltInApi {
  loaded ??= parseBuiltInApi(readFileSync(new URL('../data/built-in-api.json', import.meta.url), 'utf8'));
  return loaded;
}

function parseBuiltInApi(text: string): BuiltInApi {
  // Written by our own generator; its shape is checked by the tests.
  const data = JSON.parse(text) as Omit<BuiltInApi, 'definitions'> & {
    definitions: Record<string, Record<string, unknown>>;
  };
  openOpaqueTypes(data.definitions);
  return { ...data, definitions: linkDefinitions(data.definitions) };
}

/** How the built-in kinds look in protobuf. */
export interface ProtobufTables {
  /** Message names by `apiVersion kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly messages: MessageTables;
}

let protobuf: ProtobufTables | undefined;

/** Reads the protobuf tables when the first such message arrives. */
export function loadProtobufTables(): ProtobufTables {
  protobuf ??= JSON.parse(
    readFileSync(new URL('../data/protobuf.json', import.meta.url), 'utf8'),
  ) as ProtobufTables;
  return protobuf;
}
