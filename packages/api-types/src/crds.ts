import { kinds } from './kinds.ts';
import type { KindInfo, PrinterColumn } from './kinds.ts';
import { toNode, valueSchema } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

/** JSON data of a CustomResourceDefinition. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One CRD and the file it is checked in as. */
export interface CrdFile {
  /** Below `manifests/crds/`. */
  readonly fileName: string;
  readonly crd: CustomResourceDefinition;
}

/** The CRDs of all kinds that have one, in the order of the kinds table. */
export function createCrds(): CrdFile[] {
  return Object.values(kinds)
    .filter((info) => info.schema !== undefined)
    .map((info) => ({ fileName: `${info.group}_${info.plural}.yaml`, crd: createCrd(info) }));
}

function createCrd(info: KindInfo): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${info.plural}.${info.group}` },
    spec: {
      group: info.group,
      names: {
        ...(info.categories.length === 0 ? {} : { categories: [...info.categories] }),
        kind: info.kind,
        listKind: `${info.kind}List`,
        plural: info.plural,
        ...(info.shortNames.length === 0 ? {} : { shortNames: [...info.shortNames] }),
        singular: info.singular,
      },
      scope: info.scope,
      versions: [
        {
          ...(info.printerColumns.length === 0
            ? {}
            : { additionalPrinterColumns: info.printerColumns.map(createColumn) }),
          name: info.version,
          schema: { openAPIV3Schema: createRoot(info) },
          served: true,
          storage: true,
          ...(info.hasStatus ? { subresources: { status: {} } } : {}),
        },
      ],
    },
  };
}

function createColumn({
  jsonPath,
  name,
  type,
  priority,
  description,
}: PrinterColumn): Record<string, unknown> {
  return {
    ...(description === undefined ? {} : { description }),
    jsonPath,
    name,
    ...(priority === undefined ? {} : { priority }),
    type,
  };
}

/** What kube-apiserver itself requires of every object, so that no CRD has to. */
const ENVELOPE = ['apiVersion', 'kind', 'metadata'];

function createRoot(info: KindInfo): Record<string, unknown> {
  if (info.schema === undefined) return {};
  const node = toNode(info.schema);
  return toStructural({ ...node, required: (node.required ?? []).filter((key) => !ENVELOPE.includes(key)) });
}

/** Keywords that a structural schema takes over unchanged. */
const KEPT = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'anyOf',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'maxItems',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
] as const;

function toStructural(node: SchemaNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const source = node as Readonly<Record<string, unknown>>;
  for (const key of KEPT) if (source[key] !== undefined) result[key] = source[key];
  const values = valueSchema(node);
  if (values !== undefined) result['additionalProperties'] = toStructural(values);
  if (node.items !== undefined) result['items'] = toStructural(node.items);
  if (node.properties !== undefined) {
    result['properties'] = Object.fromEntries(
      Object.entries(node.properties).map(([key, field]) => [key, toStructural(field)]),
    );
  }
  if (node.required !== undefined && node.required.length > 0) result['required'] = node.required.toSorted();
  return result;
}
