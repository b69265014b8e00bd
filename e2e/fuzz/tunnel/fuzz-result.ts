/** What a run of the fuzzer met. */
export interface FuzzResult {
  readonly inputs: number;
  /** Sessions that ended over what they were sent. */
  readonly sessionsEnded: number;
  /** Streams or requests that came so far as to be served. */
  readonly served: number;
}

/** @throws when `isHeld` is false: a rule of the protocol is broken */
export function assertHeld(isHeld: boolean, rule: string): void {
  if (!isHeld) throw new Error(`not held: ${rule}`);
}
