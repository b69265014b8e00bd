import { NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { isDnsLabel, isLabelKey, isLabelValue, isUuid } from '@clusternet/kube-data';

/** What a request asks for, checked and completed. */
export interface RequestedCluster {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly clusterType: string | undefined;
  readonly syncMode: 'Dual' | 'Pull' | 'Push';
  /** Absent: generated. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export type RequestCheck =
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'ok'; readonly cluster: RequestedCluster };

/** A label key of ours: a child must not choose it, or it could pose as another. */
function isReservedLabel(key: string): boolean {
  const [prefix = ''] = key.split('/');
  return (
    key.includes('/') &&
    (prefix === 'clusternet.io' || prefix.endsWith('.clusternet.io')) &&
    prefix !== 'node.clusternet.io'
  );
}

/**
 * Checks a registration request. Patterns are anchored here; in the CRDs they are as peers know them.
 * @returns the first thing that is wrong, as one sentence that names the field and the value
 */
export function checkRequest(request: ClusterRegistrationRequest): RequestCheck {
  const { name = '' } = request.metadata;
  const spec = request.spec ?? { clusterId: '' };
  const denied = (message: string): RequestCheck => ({ kind: 'denied', message });
  const { clusterId } = spec;
  if (!isUuid(clusterId)) return denied(`spec.clusterId "${clusterId}" is not a UUID`);
  if (name !== `${NAMES.objectPrefix}${clusterId}`) {
    return denied(
      `the request is named "${name}", but for spec.clusterId ${clusterId} it must be named "${NAMES.objectPrefix}${clusterId}"`,
    );
  }
  const clusterName =
    spec.clusterName === undefined || spec.clusterName === ''
      ? `${NAMES.clusterNamePrefix}-${clusterId.slice(0, 5)}`
      : spec.clusterName;
  if (!isDnsLabel(clusterName) || clusterName.length > 30) {
    return denied(`spec.clusterName "${clusterName}" is not a DNS label of at most 30 characters`);
  }
  const namespace = spec.clusterNamespace === '' ? undefined : spec.clusterNamespace;
  if (namespace !== undefined && !isDnsLabel(namespace)) {
    return denied(`spec.clusterNamespace "${namespace}" is not a DNS label`);
  }
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(spec.clusterLabels ?? {})) {
    if (!isLabelKey(key)) return denied(`spec.clusterLabels has the key "${key}", which is not a label key`);
    if (!isLabelValue(value)) return denied(`spec.clusterLabels["${key}"] "${value}" is not a label value`);
    if (!isReservedLabel(key)) labels[key] = value;
  }
  const { clusterType, syncMode = 'Pull' } = spec;
  return { kind: 'ok', cluster: { clusterId, clusterName, clusterType, syncMode, namespace, labels } };
}
