import { API_VERSIONS } from '@clusternet/api-types';
import type { Base } from '@clusternet/api-types';
import type { OwnerReference } from '@clusternet/kube-data';

/** Has an object go with the Base that it was made for. */
export function ownedBy({ metadata: { name = '', uid = '' } }: Base): OwnerReference {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Base',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
