export { startControlPlane } from './control-plane/start-control-plane.ts';
export type { ControlPlane, ControlPlaneOptions, KubeconfigUser } from './control-plane/start-control-plane.ts';
export type { LocalApi } from './control-plane/local-api.ts';
