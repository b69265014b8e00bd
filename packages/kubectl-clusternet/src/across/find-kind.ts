/** A kind as an API server offers it. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
}

/**
 * The kind that a word means, as kubectl reads it: plural, singular, kind or short name, and behind a dot its group or
 * `VERSION.GROUP`, of which a beginning is enough.
 *
 * @param served - in the order of the server's preference
 */
export function findKind(word: string, served: readonly ServedKind[]): ServedKind | undefined {
  const lower = word.toLowerCase();
  const dot = lower.indexOf('.');
  const [name, rest] = dot < 0 ? [lower, ''] : [lower.slice(0, dot), lower.slice(dot + 1)];
  const isOf = ({ group, version }: ServedKind): boolean =>
    rest === '' || group.startsWith(rest) || `${version}.${group}`.replace(/\.$/, '') === rest;
  const within = served.filter(isOf);
  // A full name counts more than a short one of another group.
  return (
    within.find(
      (kind) => kind.plural === name || kind.singular === name || kind.kind.toLowerCase() === name,
    ) ?? within.find((kind) => kind.shortNames.includes(name))
  );
}
