import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { systemClock } from '@clusternet/runtime';
import { negotiate } from '../server/negotiate.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { DEFAULT_COLUMNS, formatAge } from '../table/table-columns.ts';
import type { ColumnDefinition, TableColumns } from '../table/table-columns.ts';
import type { StoredResourceDefinition } from './definition.ts';
import { OBJECT_KINDS, readInclude, writeObject } from './write-objects.ts';

const column = (name: string, type: string, description: string): ColumnDefinition => ({
  name,
  type,
  format: '',
  description,
  priority: 0,
});

const [NAME, CREATED_AT] = DEFAULT_COLUMNS.definitions;

const SCALE_COLUMNS: TableColumns = {
  definitions: [
    column('Name', 'string', NAME?.description ?? ''),
    column('Desired', 'integer', 'replicas is the desired number of instances for the scaled object.'),
    column(
      'Available',
      'integer',
      'replicas is the actual number of observed instances of the scaled object.',
    ),
    column('Age', 'string', CREATED_AT?.description ?? ''),
  ],
  getCells: (scale, nowMs) => [
    scale.metadata.name ?? '',
    replicasOf(scale['spec']),
    replicasOf(scale['status']),
    formatAge(scale.metadata.creationTimestamp, nowMs),
  ],
};

function replicasOf(part: unknown): JsonValue {
  return isJsonObject(part) ? (part['replicas'] ?? 0) : 0;
}

/** Sends a Scale, as a Table too; those of custom resources have no columns of their own. */
export function writeScale(
  request: ApiRequest,
  response: ApiResponse,
  scale: KubeObject,
  definition: StoredResourceDefinition,
): void {
  const columns = definition.dialect === 'built-in' ? SCALE_COLUMNS : DEFAULT_COLUMNS;
  const negotiated = negotiate(request.headers, OBJECT_KINDS);
  writeObject(
    response,
    200,
    scale,
    { ...definition, columns },
    {
      negotiated,
      include: readInclude(request.query, negotiated),
      nowMs: systemClock.nowMs(),
    },
  );
}
