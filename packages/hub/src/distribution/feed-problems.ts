import type { ObjectKey } from '@clusternet/controller-kit';
import type { FeedProblem } from './plan-description.ts';

/**
 * What keeps Bases from being delivered as asked. A Base has no status, so its Subscription shows these. Made
 * anew after a restart; holds an entry only for Bases with problems.
 */
export interface FeedProblems {
  get(base: ObjectKey): readonly FeedProblem[];
  /** @returns whether that changed anything */
  set(base: ObjectKey, problems: readonly FeedProblem[]): boolean;
}

export function createFeedProblems(): FeedProblems {
  const entries = new Map<ObjectKey, readonly FeedProblem[]>();
  const textOf = (problems: readonly FeedProblem[]): string =>
    problems.map(({ message }) => message).join('\n');
  return {
    get: (base) => entries.get(base) ?? [],
    set: (base, problems) => {
      const before = entries.get(base) ?? [];
      if (problems.length === 0) entries.delete(base);
      else entries.set(base, problems);
      return textOf(before) !== textOf(problems);
    },
  };
}
