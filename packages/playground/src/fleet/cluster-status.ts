import type { FaultSettings } from '../faults/fault-settings.ts';

/** What is to be seen of one cluster. */
export interface ClusterStatus {
  readonly name: string;
  readonly state: 'frozen' | 'killed' | 'ready' | 'starting';
  /** `https://127.0.0.1:port`; empty before the first start. */
  readonly url: string;
  /** 0 unless it runs. */
  readonly nodes: number;
  readonly pods: number;
  /** Since it became ready; 0 unless it runs. */
  readonly uptimeMs: number;
  /** Requests that wait for the thaw. */
  readonly waiting: number;
  /** What goes wrong on purpose. */
  readonly faults: FaultSettings;
}
