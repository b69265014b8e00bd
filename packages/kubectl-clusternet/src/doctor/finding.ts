/** `warn`: something to know, that may be meant. `skip`: could not be looked at. */
export type FindingLevel = 'fail' | 'ok' | 'skip' | 'warn';

/** What one check found. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly level: FindingLevel;
  /** One sentence. */
  readonly says: string;
  /** A command that mends it, where one does. */
  readonly mend?: string;
}
