export { createStore, keyOf } from './store.ts';
export type {
  IndexedStore,
  IndexFunction,
  ObjectKey,
  StoreChange,
  StoreOptions,
  StoreWriter,
} from './store.ts';
export { createInformer } from './informer.ts';
export type { Informer, InformerDeps, InformerOptions } from './informer.ts';
export { createWorkQueue } from './work-queue.ts';
export type { Priority, WorkQueue, WorkQueueOptions } from './work-queue.ts';
export { createController } from './controller.ts';
export type { ControllerDeps, ControllerOptions, Reconcile, ReconcileResult } from './controller.ts';
export { isTerminalError, TerminalError } from './errors.ts';
export { findCondition, formatTime, mergeConditions } from './conditions.ts';
export type { ConditionUpdate } from './conditions.ts';
export { runLeaderElection } from './leader-election.ts';
export type { LeaderElectionDeps, LeaderElectionOptions, Lease } from './leader-election.ts';
export { createEventRecorder } from './event-recorder.ts';
export type { EventRecorder, EventRecorderDeps } from './event-recorder.ts';
export { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
