/** The group and version under which all kinds of the parent appear a second time. */
export const SHADOW = { group: 'shadow', version: 'v1alpha1' } as const;

/** A kind of the parent, as far as its objects' place in storage goes. */
export interface ShadowKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What names a kind in storage: its versions share it, and so do Manifests, which do not know its plural. */
export function storageResourceOf({ group, kind }: Pick<ShadowKind, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}
