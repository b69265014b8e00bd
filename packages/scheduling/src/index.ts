export { isSchedulingError, SchedulingError } from './errors.ts';
export type { SchedulingErrorCode } from './errors.ts';
export { hashSubscriptionSpec } from './hash-subscription-spec.ts';
export { planPlacement } from './plan-placement.ts';
export type { PlacementInput, PlacementPlan, UnschedulableReason } from './plan-placement.ts';
export { feedKey, isDynamic, isInventoryOf } from './plan-replicas.ts';
export { divideByAvailability, divideByWeight } from './divide-replicas.ts';
export { isTolerated, taintTolerationFilter, taintTolerationScore } from './taint-toleration.ts';
export type { FilterPlugin, SchedulingProfile, ScorePlugin } from './plugins.ts';
