import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { StatusCause } from '../errors/api-error.ts';
import type { UserInfo } from '../filters/identity.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import type { TableColumns } from '../table/table-columns.ts';

/** What a resource is called. */
export interface ResourceNames {
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** The text that an object was read from. */
export interface DocumentSource {
  readonly format: 'json' | 'yaml';
  readonly text: string;
}

/** What a write carries besides its object. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Who is recorded as the owner of what changes. */
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Strict' | 'Warn';
  /** Sends a `Warning` header. */
  readonly warn: (text: string) => void;
  /** For strict validation, which looks at more than a parser keeps. */
  readonly source?: DocumentSource;
  /** The options of the write as the client gave them, without kind. Admission sees them. @default none */
  readonly options?: JsonObject;
  /** Aborts when nobody waits for the write any more. */
  readonly signal?: AbortSignal;
}

/** Rules of one kind. Every hook may be left out. Objects given as `next` are private and may be written to. */
export interface ResourceStrategy {
  /** Fills in what the schema's defaults do not. */
  readonly applyDefaults?: (next: KubeObject) => void;
  /** Last touches to a new object: what clients may not set is taken out. */
  readonly prepareCreate?: (next: KubeObject, context: WriteContext) => Promise<void> | void;
  /** The same for an update. `subresource` is empty for the object itself. */
  readonly prepareUpdate?: (
    next: KubeObject,
    live: KubeObject,
    subresource: string,
    context: WriteContext,
  ) => Promise<void> | void;
  /** Causes why the object cannot be; `live` is undefined for a new one. */
  readonly validate?: (next: KubeObject, live: KubeObject | undefined) => readonly StatusCause[];
  /** Why a name cannot be; undefined when it can. @default DNS subdomain */
  readonly validateName?: (name: string) => string | undefined;
  /** Whether `metadata.generation` counts changes. @default true */
  readonly hasGeneration?: boolean;
  /** Whether PUT creates what is not there. @default false */
  readonly createsOnUpdate?: boolean;
  /** Whether an update may leave the resource version out. @default true for built-in kinds, false for others */
  readonly allowsUnconditionalUpdate?: boolean;
  /** Seconds that a deletion leaves the object in place; 0 deletes at once. */
  readonly getGraceSeconds?: (live: KubeObject, asked: number | undefined) => number;
  /** Holds a deletion back besides finalizers, as a namespace does. */
  readonly isHeld?: (object: KubeObject) => boolean;
  /** Called on an object that is marked as being deleted. */
  readonly prepareDelete?: (next: KubeObject) => void;
  /** What happens to dependents unless told. @default 'Background' */
  readonly defaultPropagation?: 'Background' | 'Orphan';
}

/** Where the scale subresource finds its numbers, as dotted paths without the leading dot. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  /** A text, or a LabelSelector object. */
  readonly selector?: string;
}

/** A kind that is kept in storage. */
export interface StoredResourceDefinition extends ResourceNames {
  /** What names the kind in storage; the same for all of its versions. */
  readonly storageResource: string;
  /** `built-in` kinds take strategic merge patches and drop nulls. */
  readonly dialect: 'built-in' | 'custom';
  readonly schema?: OpenApiSchema;
  readonly strategy: ResourceStrategy;
  /** Whether `status` is written through its own endpoint only. */
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  readonly columns?: TableColumns;
  /** Dotted paths that field selectors may use besides name and namespace. */
  readonly selectableFields?: readonly string[];
  /** Turns the stored form into that of this version; makes a copy. */
  readonly fromStorage?: (object: KubeObject) => KubeObject;
  /** Turns this version into the stored form, in place or not. */
  readonly toStorage?: (object: KubeObject) => KubeObject;
  /** How the endpoint of another subresource treats the object: its writable top-level fields. */
  readonly extraSubresources?: Readonly<Record<string, { readonly writes: readonly string[] }>>;
}

/** A kind in one of its versions. */
export interface KindInVersion {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One write, or one stream to be opened, as admission sees it. */
export interface AdmissionRequest {
  readonly operation: 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE';
  readonly resource: ResourceNames;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Of `object` and `live`: that of the resource, or `Scale`, `Binding`, `PodExecOptions`, … for a subresource. */
  readonly kind: KindInVersion;
  readonly namespace: string;
  /** Empty for a name that is still to be made, and for a deletion of many. */
  readonly name: string;
  /** Undefined for deletions. What validates must not write to it. */
  readonly object: KubeObject | undefined;
  /** The object before the write. Never written to. */
  readonly live: KubeObject | undefined;
  readonly context: WriteContext;
  /** `CreateOptions`, `UpdateOptions`, `DeleteOptions`; undefined for streams. */
  readonly options: JsonObject | undefined;
  /**
   * Puts `next` in the place of `object`: what clients may not set is put back and defaults are filled in. Undefined
   * where the object cannot be changed.
   */
  readonly replaceObject?: (next: KubeObject) => void;
}

/**
 * Changes or refuses a write.
 * @throws {ApiError} usually `Forbidden`
 */
export type Admission = (request: AdmissionRequest) => Promise<void>;
