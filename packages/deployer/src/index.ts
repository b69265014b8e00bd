export { DeployError, isDeployError } from './errors.ts';
export type { DeployErrorCode } from './errors.ts';
export { createDescriptionReconciler } from './description-reconciler.ts';
export type { DeliveryTarget, DescriptionReconcilerDeps } from './description-reconciler.ts';
export { isDeliveredByGo, isInSync } from './description-status.ts';
export { applyPlan, removeSteps } from './deploy.ts';
export type { DeliveryFailure, DeliveryReport } from './deploy.ts';
export { planDelivery } from './plan-delivery.ts';
export type { DeliveryPlan } from './plan-delivery.ts';
export { createDesiredObject, ownerOf, parseDocument } from './desired-object.ts';
export {
  describeEntry,
  entryKey,
  entryOf,
  formatInventory,
  INVENTORY_ANNOTATION,
  parseInventory,
} from './inventory.ts';
export type { InventoryEntry } from './inventory.ts';
export { applyObject } from './deliver-object.ts';
export { FIELD_MANAGER, isMemberOf } from './field-sets.ts';
export { judgeHealth } from './health/judge-health.ts';
export { worstHealth } from './health/health.ts';
export type { Health } from './health/health.ts';
export { omitIgnoredFields } from './ignored-fields.ts';
export { formatBytes, MAX_OBJECT_BYTES, sizeBytesOf } from './object-size.ts';
export type { DeliverDeps } from './deliver-object.ts';
export { createKeyedLock } from './keyed-lock.ts';
export type { KeyedLock } from './keyed-lock.ts';
