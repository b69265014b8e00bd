import type { Kubectl } from './kubectl/run-kubectl.ts';

export interface PluginDeps {
  /** How people call it. */
  readonly program: string;
  readonly version: string;
  /** What `version` says beside it. */
  readonly build: { readonly platform: string; readonly runtime: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly kubectl: Kubectl;
  /** The manifests of `deploy/agent`, YAML. */
  readonly readAgentManifests: () => string;
}
