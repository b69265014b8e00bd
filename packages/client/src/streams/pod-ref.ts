import type { ResourceRef } from '../resource.ts';

/** Where pods live. */
export const podRef: ResourceRef = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
};
