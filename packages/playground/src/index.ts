export { startControlPlane } from './control-plane/start-control-plane.ts';
export type {
  ControlPlane,
  ControlPlaneOptions,
  KubeconfigUser,
  PlaneIdentity,
} from './control-plane/start-control-plane.ts';
export type { LocalApi } from './control-plane/local-api.ts';
export type { Faults } from './faults/create-faults.ts';
export type { FreezeOptions } from './faults/create-freeze.ts';
export type {
  FaultMatch,
  FaultRequest,
  FaultSettings,
  RequestFailure,
  RequestFault,
  WatchEnd,
  WatchFault,
} from './faults/fault-settings.ts';
export { runKubelet, startKubelet } from './kubelet/run-kubelet.ts';
export type { KubeletDeps, KubeletOptions } from './kubelet/run-kubelet.ts';
export { FAIL_ANNOTATION } from './kubelet/plan-pod.ts';
