import { CONDITIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import type { Approval } from './approve.ts';

/** What became of a request. `reason` is that of its conditions. */
export type RequestOutcome =
  Approval | { readonly kind: 'denied'; readonly reason?: string; readonly message: string };

type RequestStatus = NonNullable<ClusterRegistrationRequest['status']>;
type Field = keyof Omit<RequestStatus, 'conditions' | 'observedGeneration'>;

export interface RequestStatusPlan {
  /** What Go peers read, as a merge patch. Empty while there is no result. */
  readonly fields: { readonly [F in Field]?: string | null };
  readonly conditions: readonly ConditionUpdate[];
}

/** Fields of format byte are removed, not blanked: kube-apiserver does not take an empty text for bytes. */
const NO_CREDENTIAL = { dedicatedNamespace: '', managedClusterName: '', token: null, caCertificate: null };

/** Puts an outcome into the words of a request's status. A result that is not Approved takes the credential away. */
export function planRequestStatus(outcome: RequestOutcome, observedGeneration: number): RequestStatusPlan {
  const conditions = (reason: string, message: string, state: 'ready' | 'reconciling' | 'stalled') =>
    (['ready', 'reconciling', 'stalled'] as const).map((name): ConditionUpdate => ({
      type: CONDITIONS[name],
      status: name === state ? 'True' : 'False',
      reason: name === 'ready' || name === state ? reason : `Not${CONDITIONS[name]}`,
      message: name === 'ready' || name === state ? message : '',
      observedGeneration,
    }));
  switch (outcome.kind) {
    case 'approved': {
      const { namespace, managedClusterName, token, caCertificate } = outcome;
      return {
        fields: {
          result: 'Approved',
          errorMessage: '',
          dedicatedNamespace: namespace,
          managedClusterName,
          token: token === '' ? null : token,
          caCertificate: caCertificate === '' ? null : caCertificate,
        },
        conditions: conditions('Approved', `the cluster is registered in namespace ${namespace}`, 'ready'),
      };
    }
    case 'denied':
      return {
        fields: { result: 'Denied', errorMessage: outcome.message, ...NO_CREDENTIAL },
        conditions: conditions(outcome.reason ?? 'Denied', outcome.message, 'stalled'),
      };
    case 'failed':
      return {
        fields: { result: 'Failed', errorMessage: outcome.message, ...NO_CREDENTIAL },
        conditions: conditions('Failed', outcome.message, 'reconciling'),
      };
    case 'waiting':
      return { fields: {}, conditions: conditions(outcome.reason, outcome.message, 'reconciling') };
  }
}
