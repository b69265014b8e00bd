import { places } from '@clusternet/api-types/places';
import type { ResourceRef } from './resource.ts';

/** The place of one of Clusternet's own kinds in a parent's API. */
export function clusternetRef(kind: keyof typeof places): ResourceRef {
  return places[kind];
}
