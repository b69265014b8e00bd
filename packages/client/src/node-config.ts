export { loadConnection } from './load-connection.ts';
export type { LoadConnectionOptions } from './load-connection.ts';
export { fromKubeConfig, toKubeConfig } from './kube-config-bridge.ts';
export type { KubeConfigLike } from './kube-config-bridge.ts';
