import { ANNOTATIONS } from './constants.ts';

/** A cluster that is registered anew more often than this forgets its first namespaces. */
const MAX_FORMER = 10;

/**
 * The dedicated namespaces that a cluster had under earlier registrations, oldest first. Objects in it that belong
 * to Descriptions of these are nobody's any more.
 *
 * @param carrier - the ClusterRegistrationRequest, or the Secret `parent-cluster` of the child
 * @param present - the dedicated namespace that it has now, which is none of them
 */
export function readFormerNamespaces(
  { metadata }: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } },
  present: string,
): readonly string[] {
  const text = metadata.annotations?.[ANNOTATIONS.formerNamespaces] ?? '';
  return text.split(',').filter((name) => name !== '' && name !== present);
}

/** The value of the annotation once a further namespace is given up. */
export function planFormerNamespaces(former: readonly string[], givenUp: string): string {
  return [...former.filter((name) => name !== givenUp), givenUp].slice(-MAX_FORMER).join(',');
}
