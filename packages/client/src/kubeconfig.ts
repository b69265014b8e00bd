export { parseKubeconfig } from './kubeconfig-parser.ts';
export type {
  KubeconfigExec,
  KubeconfigOptions,
  KubeconfigUser,
  ParsedKubeconfig,
} from './kubeconfig-parser.ts';
export { createConnection } from './kubeconfig-connection.ts';
export type { ConnectionDeps } from './kubeconfig-connection.ts';
