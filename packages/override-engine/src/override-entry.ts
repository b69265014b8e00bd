/** The object an override comes from. */
export interface OverrideSource {
  readonly kind: 'Globalization' | 'Localization';
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid?: string | undefined;
}

/** One override, with the object it comes from. The rest is `spec.overrides[index]` as it stands there. */
export interface OverrideEntry {
  readonly source: OverrideSource;
  readonly name?: string | undefined;
  /** `Helm`, `JSONPatch`, `MergePatch`, `FieldJSONPatch` or `FieldMergePatch`; anything else is an error. */
  readonly type: string;
  readonly value: string;
  readonly overrideChart?: boolean | undefined;
  readonly fieldPath?: string | undefined;
  readonly fieldFormat?: string | undefined;
  /**
   * Our addition: texts in the value may hold `${{ cluster… }}`.
   * @default false
   */
  readonly isTemplated?: boolean | undefined;
  /**
   * Our addition: type `MergePatch` merges as a strategic merge patch does, where the kind of the object is built in.
   * @default false
   */
  readonly isStrategic?: boolean | undefined;
}

/** What became of one field. */
export interface FieldProvenance {
  /** Whose override wrote, or removed, the field last. */
  readonly source: OverrideSource;
  /** Name of that override, if it has one. */
  readonly name: string | undefined;
  /** Its place in `spec.overrides` of its source. */
  readonly index: number;
  /** What was there before; undefined where there was nothing. */
  readonly replaced: unknown;
}

/**
 * Which override wrote which field, by JSON pointer to a scalar or to an empty map or list, in the order of writing.
 * Records move along with list items when others are inserted or taken out before them. A pointer that is no longer
 * in the document was removed; a list that lost items has a record of its own. What has no record stands as it does
 * in the feed. `findWriters` answers for any pointer.
 */
export type Provenance = ReadonlyMap<string, FieldProvenance>;

/** An override, or a part of one, that had no effect. */
export interface OverrideNotice {
  readonly code: 'BLANK_DOCUMENT' | 'PATH_NOT_FOUND';
  readonly source: OverrideSource;
  readonly name: string | undefined;
  readonly index: number;
  /** The path that was not found, as the override has it; undefined where it has none. */
  readonly path: string | undefined;
  /** A sentence that names the object, the entry and the path. */
  readonly message: string;
}
