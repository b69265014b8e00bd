import { createBuiltInColumns, createCustomDefinitions, formatAge } from '@clusternet/apiserver';
import type {
  OpenApiSchema,
  ResourceStrategy,
  ScalePaths,
  StoredResourceDefinition,
  TableColumns,
} from '@clusternet/apiserver';
import type { NamedSchema } from './parent-schemas.ts';
import type { PlannedKind } from './plan-kinds.ts';
import { storageResourceOf } from './shadow-kind.ts';

/** A kind as it is served, and what its schema is called. */
export interface ShadowDefinition {
  readonly definition: StoredResourceDefinition;
  readonly schemaName?: string;
}

/** What all kinds have in common. Their own strategy takes the status out. */
type Common = Pick<StoredResourceDefinition, 'hasStatus' | 'storageResource' | 'strategy'>;

/** The selector is left out, as a Go hub does: no template has pods. */
const WORKLOAD_SCALE: ScalePaths = { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas' };

const NAME_AND_AGE: TableColumns = {
  definitions: [
    { name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', priority: 0 },
    { name: 'Age', type: 'string', format: '', description: 'Time since it was created.', priority: 0 },
  ],
  getCells: ({ metadata }, nowMs) => [metadata.name ?? '', formatAge(metadata.creationTimestamp, nowMs)],
};

/**
 * How a kind of the parent is served as a template.
 * @param metadata - definitions of the parent that describe metadata
 */
export function createShadowDefinition(
  kind: PlannedKind,
  strategy: ResourceStrategy,
  {
    named,
    metadata,
  }: {
    readonly named: NamedSchema | undefined;
    readonly metadata: ReadonlyMap<string, OpenApiSchema>;
  },
): ShadowDefinition {
  const common: Common = { hasStatus: true, storageResource: storageResourceOf(kind), strategy };
  if (kind.crd !== undefined) {
    const found = createCustomDefinitions(kind.crd, metadata).find(({ version }) => version === kind.version);
    if (found !== undefined) {
      // Templates are kept in the version that they were written in.
      const { fromStorage: _from, toStorage: _to, ...definition } = found;
      return { definition: { ...definition, ...common } };
    }
  }
  const { crd: _crd, hasScale, ...names } = kind;
  return {
    definition: {
      ...names,
      ...common,
      listKind: `${kind.kind}List`,
      // Without a schema nobody knows how lists merge: strategic patches are then refused, as for custom resources.
      dialect: named === undefined ? 'custom' : 'built-in',
      ...(named === undefined ? {} : { schema: named.schema }),
      ...(hasScale ? { scale: WORKLOAD_SCALE } : {}),
      columns: columnsOf(kind),
    },
    ...(named === undefined ? {} : { schemaName: named.name }),
  };
}

function columnsOf({ group, resource }: PlannedKind): TableColumns {
  const key = `${group}/${resource}`;
  const columns = createBuiltInColumns(key);
  const hasOwn = columns.definitions.some(({ name }) => name !== 'Name' && name !== 'Created At');
  return hasOwn || key === 'apiextensions.k8s.io/customresourcedefinitions' ? columns : NAME_AND_AGE;
}
