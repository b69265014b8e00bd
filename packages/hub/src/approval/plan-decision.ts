import { ANNOTATIONS, CONDITIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';

/** Who decides on well-formed requests: this hub at once, or an operator. */
export type ApprovalMode = 'auto' | 'manual';

export type ApprovalDecision =
  | { readonly kind: 'approve' }
  | { readonly kind: 'denied'; readonly reason: 'DeniedByOperator' | 'Detached'; readonly message: string }
  | { readonly kind: 'waiting'; readonly reason: 'WaitingForApproval'; readonly message: string };

/** Reasons that stand until an operator changes his mind, whatever the request says. */
const LASTING = ['DeniedByOperator', 'Detached'] as const;

/** Whether somebody who may has denied this cluster for good; a request that is just malformed is no such word. */
export function isDenied({ status }: Pick<ClusterRegistrationRequest, 'status'>): boolean {
  if (status?.result !== 'Denied') return false;
  const written = findCondition(status.conditions, CONDITIONS.stalled);
  // A result without our conditions was written by hand.
  return (
    written === undefined || LASTING.some((reason) => written.status === 'True' && written.reason === reason)
  );
}

/**
 * Decides whether a well-formed request is approved.
 *
 * An operator decides by the annotation, or by writing `status.result`, which strangers cannot. The annotation
 * that approves is the request's own UID: it is not known before the request exists, so that nobody can send it
 * along.
 */
export function planDecision(request: ClusterRegistrationRequest, mode: ApprovalMode): ApprovalDecision {
  const { name = '', uid = '', annotations = {} } = request.metadata;
  const word = annotations[ANNOTATIONS.approval];
  if (word === 'denied') {
    const message = `an operator set the annotation ${ANNOTATIONS.approval} to denied`;
    return { kind: 'denied', reason: 'DeniedByOperator', message };
  }
  const { result, errorMessage = '', conditions } = request.status ?? {};
  if (result === 'Approved') return { kind: 'approve' };
  const written = findCondition(conditions, CONDITIONS.stalled);
  const reason =
    written?.status === 'True' ? LASTING.find((lasting) => lasting === written.reason) : undefined;
  if (reason === 'Detached') return { kind: 'denied', reason, message: errorMessage };
  if (word !== undefined && word === uid) return { kind: 'approve' };
  // A result without our conditions was written by hand.
  if (result === 'Denied' && (reason !== undefined || written === undefined)) {
    const message = errorMessage === '' ? 'an operator denied this request' : errorMessage;
    return { kind: 'denied', reason: 'DeniedByOperator', message };
  }
  if (mode === 'auto') return { kind: 'approve' };
  const hint = `kubectl annotate clusterregistrationrequest ${name} ${ANNOTATIONS.approval}=${uid}`;
  const stray =
    word === undefined ? '' : ` (the annotation says "${word}", which is not the UID of this request)`;
  return {
    kind: 'waiting',
    reason: 'WaitingForApproval',
    message: `an operator has to approve this request${stray}: ${hint}`,
  };
}
