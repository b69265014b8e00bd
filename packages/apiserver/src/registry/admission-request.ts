import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type {
  AdmissionRequest,
  KindInVersion,
  StoredResourceDefinition,
  WriteContext,
} from './definition.ts';

/** How admission sees a write through a subresource that takes objects of a kind of its own. */
export interface AdmissionView {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly kind: KindInVersion;
  readonly object: KubeObject | undefined;
  readonly live: KubeObject | undefined;
}

/** A write of an object of the resource itself. */
export interface AdmittedWrite {
  readonly operation: 'CREATE' | 'DELETE' | 'UPDATE';
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly live: KubeObject | undefined;
  readonly context: WriteContext;
  /** Of the operation, besides what the context has. */
  readonly options?: JsonObject;
  readonly view?: AdmissionView | undefined;
  readonly replaceObject?: (next: KubeObject) => void;
}

const OPTION_KINDS = { CREATE: 'CreateOptions', DELETE: 'DeleteOptions', UPDATE: 'UpdateOptions' } as const;

/** A write as admission sees it. */
export function createAdmissionRequest(
  definition: StoredResourceDefinition,
  write: AdmittedWrite,
): AdmissionRequest {
  const { view, options, replaceObject, ...rest } = write;
  const { group, version, kind } = definition;
  const operation = view?.operation ?? write.operation;
  return {
    ...rest,
    resource: definition,
    kind: { group, version, kind },
    ...view,
    options: {
      kind: OPTION_KINDS[operation],
      apiVersion: 'meta.k8s.io/v1',
      ...(options ?? write.context.options),
    },
    ...(view === undefined && replaceObject !== undefined ? { replaceObject } : {}),
  };
}

/** Makes `target` hold what `source` holds, and be the same object still. */
export function replaceContent(target: KubeObject, source: KubeObject): void {
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  Object.assign(target, source, isJsonObject(source.metadata) ? {} : { metadata: {} });
}
