/** Whether a cluster is heard: by its watch, and by the parent's own report of it. */
export interface Hearing {
  /** @param error - what interrupts the watch; undefined once it is open */
  setWatch(error: unknown): void;
  /** @param error - why the parent has not heard from it; undefined when it has */
  setReported(error: unknown): void;
}

/** Tells changes only. A cluster begins as one that is heard. */
export function createHearing(onSilent: (error: unknown) => void, onBack: () => void): Hearing {
  let watch: unknown;
  let reported: unknown;
  let isSilent = false;
  const judge = (): void => {
    const error = watch ?? reported;
    if ((error !== undefined) === isSilent) return;
    isSilent = error !== undefined;
    if (isSilent) onSilent(error);
    else onBack();
  };
  return {
    setWatch: (error) => {
      watch = error;
      judge();
    },
    setReported: (error) => {
      reported = error;
      judge();
    },
  };
}
