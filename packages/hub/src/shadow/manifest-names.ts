import { isDnsSubdomain } from '@clusternet/kube-data';
import { shortHash } from '../parent/label-value.ts';
import type { ShadowKind } from './shadow-kind.ts';

/** An object's place within its kind. `namespace` is empty for kinds without. */
export interface ObjectPlace {
  readonly namespace: string;
  readonly name: string;
}

const MAX_NAME = 253;

/**
 * The name of the Manifest of an object: `<plural>.<namespace>.<name>`, without the namespace for kinds that have none
 * (spec B §5.4). A name that a Manifest cannot have gets what is left of it and a hash.
 */
export function manifestNameOf(kind: Pick<ShadowKind, 'resource'>, place: ObjectPlace): string {
  const name = joinParts(kind, place, '.');
  return isDnsSubdomain(name) ? name : hashedNameOf(kind.resource, name);
}

/** The name that Go hubs gave before v0.9; such Manifests are found, never made. */
export function legacyManifestNameOf(kind: Pick<ShadowKind, 'resource'>, place: ObjectPlace): string {
  return joinParts(kind, place, '-');
}

/** A name for an object whose first choice belongs to an object of another group with the same plural. */
export function secondManifestNameOf(
  kind: Pick<ShadowKind, 'group' | 'resource'>,
  place: ObjectPlace,
): string {
  return hashedNameOf(kind.resource, joinParts(kind, place, '.'), kind.group);
}

function joinParts(
  { resource }: Pick<ShadowKind, 'resource'>,
  { namespace, name }: ObjectPlace,
  separator: string,
): string {
  return [resource, namespace, name].filter((part) => part !== '').join(separator);
}

/** Every label of a subdomain begins and ends with a letter or digit. */
function hashedNameOf(resource: string, name: string, group = ''): string {
  const hash = shortHash(group === '' ? name : `${name}/${group}`);
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, MAX_NAME - hash.length - 1)
    .split('.')
    .map((label) => label.replaceAll(/^-+|-+$/g, ''))
    .filter((label) => label !== '')
    .join('.');
  return `${readable === '' ? resource : readable}-${hash}`;
}
