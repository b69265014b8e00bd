/** For events that need a listener and no answer. */
export function noop(): void {
  // Nothing to do.
}
