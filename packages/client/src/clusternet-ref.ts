import { kinds } from '@clusternet/api-types';
import type { ResourceRef } from './resource.ts';

/** The place of one of Clusternet's own kinds in a parent's API. */
export function clusternetRef(kind: keyof typeof kinds): ResourceRef {
  const { group, version, plural, scope } = kinds[kind];
  return { group, version, plural, kind, namespaced: scope === 'Namespaced' };
}
