import type { ManagedCluster } from '@clusternet/api-types';
import { isDnsLabel, isLabelValue } from '@clusternet/kube-data';
import { CAPI_GROUP } from './management.ts';
import type { CapiCluster } from './management.ts';

/** The label that Cluster API has for the name of a Cluster. */
export const CLUSTER_NAME_LABEL: string = `${CAPI_GROUP}/cluster-name`;
const CLUSTER_NAMESPACE_LABEL = `${CAPI_GROUP}/cluster-namespace`;
/** Of which management cluster, and the UID of the Cluster there. Agents may not choose labels with our prefix, and this is one's own affair. */
const ORIGIN_LABEL = `${CAPI_GROUP}/cluster-origin`;

/** What is to become of a Cluster of Cluster API. */
export type MembershipPlan =
  /** It is not provisioned yet, or on its way out. */
  | { readonly kind: 'wait' }
  /** Its name does not go into a label, which is by what Cluster API selects. */
  | { readonly kind: 'invalid'; readonly message: string }
  | {
      readonly kind: 'join';
      /** Of the ManagedCluster; empty: the agent makes one. */
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
    };

/** Longest name that agents register under. */
const MAX_NAME = 30;

export function planMembership(cluster: CapiCluster, managementId: string): MembershipPlan {
  const { name = '', namespace = '', uid = '', deletionTimestamp } = cluster.metadata;
  if (deletionTimestamp !== undefined || cluster.status?.phase !== 'Provisioned') return { kind: 'wait' };
  if (!isLabelValue(name)) {
    return { kind: 'invalid', message: `"${name}" is no value for the label ${CLUSTER_NAME_LABEL}` };
  }
  return {
    kind: 'join',
    name: isDnsLabel(name) && name.length <= MAX_NAME ? name : '',
    labels: {
      [CLUSTER_NAME_LABEL]: name,
      [CLUSTER_NAMESPACE_LABEL]: namespace,
      [ORIGIN_LABEL]: originOf(managementId, uid),
    },
  };
}

/** What tells in the fleet which Cluster of which management cluster a member is. */
export function originOf(managementId: string, uid: string): string {
  return `${managementId}.${uid}`;
}

/**
 * The members that Cluster API has deleted.
 *
 * @param members - all ManagedClusters
 * @param present - every Cluster that there is; what is not there is gone
 */
export function planDepartures(
  members: readonly ManagedCluster[],
  present: readonly CapiCluster[],
  managementId: string,
): readonly ManagedCluster[] {
  const origins = new Set(present.map(({ metadata }) => originOf(managementId, metadata.uid ?? '')));
  return members.filter(({ metadata }) => {
    const origin = metadata.labels?.[ORIGIN_LABEL];
    return origin?.startsWith(`${managementId}.`) === true && !origins.has(origin);
  });
}
