import type { KubeObject } from '@clusternet/kube-data';
import type { ApiError } from '../errors/api-error.ts';
import type { AdmissionView } from './admission-request.ts';

/** An update: where it goes, and how the next state comes out of the live one. */
export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /**
   * Makes the next state: a private object. Called again when the object has changed meanwhile.
   * @param live - shared: never written to. Undefined for an object that is not there and may be made.
   */
  readonly produce: (live: KubeObject | undefined) => KubeObject | Promise<KubeObject>;
  /** Whether what is not there is made. @default false */
  readonly creates?: boolean;
  /** Throws when the user may not make what is not there. @default everybody may */
  readonly assertCreatable?: () => Promise<void>;
  /** Keeps the record of owners that `produce` has written. @default false */
  readonly keepsOwners?: boolean;
  /** A patch: what strict validation finds is told of otherwise than for a whole object. */
  readonly patch?: {
    /** What is wrong with its text. */
    readonly listErrors: () => readonly string[];
    /** Makes the refusal. */
    readonly refuse: (reason: string, next: KubeObject) => ApiError;
  };
  /** How admission sees the write where that is not an update of the object. `live` is shared. */
  readonly view?: (next: KubeObject, live: KubeObject | undefined) => AdmissionView;
}

/** The outcome of a write. */
export interface WriteResult {
  readonly object: KubeObject;
  readonly isCreated: boolean;
}
