/** How much one side of a session may hold. */
export interface V2Limits {
  /** Bytes that all streams together may have granted or hold unread beyond the least of each. @default 32 MiB */
  readonly sessionBudgetBytes?: number;
  /** What a stream's peer may send at first, while the budget is plentiful. @default 256 KiB */
  readonly initialWindowBytes?: number;
  /** What it may send in any case. @default 16 KiB */
  readonly minWindowBytes?: number;
  /** How far the window of a stream grows whose reader keeps up. @default 4 MiB */
  readonly maxWindowBytes?: number;
  /** Streams at once. @default 4096 */
  readonly maxStreams?: number;
  /** Heads and control frames that wait for the transport; beyond it the session ends. @default 8 MiB */
  readonly maxControlBytes?: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** @returns `limits` with every default in place */
export function createV2Limits(limits: V2Limits = {}): Required<V2Limits> {
  return {
    sessionBudgetBytes: 32 * MIB,
    initialWindowBytes: 256 * KIB,
    minWindowBytes: 16 * KIB,
    maxWindowBytes: 4 * MIB,
    maxStreams: 4096,
    maxControlBytes: 8 * MIB,
    ...limits,
  };
}
