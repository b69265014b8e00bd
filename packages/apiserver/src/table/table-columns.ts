import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';

/** One column, as Tables describe it. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
}

/** The columns of a kind, and how an object fills them. */
export interface TableColumns {
  readonly definitions: readonly ColumnDefinition[];
  /** One cell per column. */
  readonly getCells: (object: KubeObject, nowMs: number) => readonly JsonValue[];
}

/** What rows carry beside their cells. */
export type IncludeObject = 'Metadata' | 'None' | 'Object';

/** Name and creation time: what kinds without columns of their own show. */
/** What every Table begins with. */
export const NAME_COLUMN: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

export const DEFAULT_COLUMNS: TableColumns = {
  definitions: [
    NAME_COLUMN,
    {
      name: 'Created At',
      type: 'date',
      format: '',
      description:
        'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
      priority: 0,
    },
  ],
  getCells: ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? null],
};

/** Builds a `meta.k8s.io/v1` Table. */
export function createTable(
  objects: readonly KubeObject[],
  columns: TableColumns,
  options: {
    readonly include: IncludeObject;
    readonly metadata: JsonObject;
    readonly nowMs: number;
    readonly withHeaders: boolean;
  },
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.withHeaders ? columns.definitions.map((column) => ({ ...column })) : [],
    rows: objects.map((object) => ({
      cells: [...columns.getCells(object, options.nowMs)],
      ...includeObject(object, options.include),
    })),
  };
}

function includeObject(object: KubeObject, include: IncludeObject): JsonObject {
  if (include === 'None') return {};
  // An object of the API is JSON.
  if (include === 'Object') return { object: object as unknown as JsonObject };
  return { object: createPartialMetadata(object) };
}

/** The metadata of an object without the rest. */
export function createPartialMetadata(object: KubeObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata as unknown as JsonObject,
  };
}

/** How long ago something was, as `kubectl get` shows it: `5s`, `3m10s`, `4d2h`. */
export function formatAge(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === '') return '<unknown>';
  return formatDuration(nowMs - Date.parse(timestamp));
}

/** A duration in the two largest units that matter (`duration.HumanDuration`). */
export function formatDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return withRest(Math.trunc(hours / 24), 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24)}d`;
  const years = Math.trunc(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return withRest(years, 'y', Math.trunc(hours / 24) % 365, 'd');
  return `${years}y`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}
