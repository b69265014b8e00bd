import type { KubeClient } from '../kube-client.ts';

/** What a case runs against. */
export interface CompliancePlane {
  readonly client: KubeClient;
  /** An existing namespace that the case may fill; what it leaves there is the caller's to remove. */
  readonly namespace: string;
}

/** One promise of a real API server that our code rests on. Any test runner can run it. */
export interface ComplianceCase {
  readonly name: string;
  /** @throws what `node:assert` throws when the promise does not hold */
  readonly run: (plane: CompliancePlane, signal: AbortSignal) => Promise<void>;
}
