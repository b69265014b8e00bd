import { equalJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt } from '../built-in/fields.ts';

/** How the history of a workload takes in its template of now. */
export type RevisionPlan =
  | { readonly kind: 'create'; readonly number: number }
  /** The template was there before: its revision becomes the newest. */
  | { readonly kind: 'renumber'; readonly revision: KubeObject; readonly number: number }
  | { readonly kind: 'keep'; readonly revision: KubeObject };

/** What a revision keeps of a workload: a strategic merge patch that brings the template back. */
export function createRevisionData(template: JsonObject): JsonObject {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template that a revision keeps. */
export function getRevisionTemplate(revision: KubeObject): JsonObject {
  const { $patch: _, ...template } = objectAt(objectAt(objectAt(revision, 'data'), 'spec'), 'template') ?? {};
  return template;
}

export function getRevisionNumber(revision: KubeObject): number {
  return numberAt(revision, 'revision') ?? 0;
}

/**
 * @param history - the revisions of one workload, in any order
 * @returns numbers from 1; the newest has the highest
 */
export function planRevision(history: readonly KubeObject[], template: JsonObject): RevisionPlan {
  const highest = Math.max(0, ...history.map(getRevisionNumber));
  const same = history.filter((revision) => equalJson(getRevisionTemplate(revision), template));
  const newest = same.toSorted((a, b) => getRevisionNumber(b) - getRevisionNumber(a))[0];
  if (newest === undefined) return { kind: 'create', number: highest + 1 };
  if (getRevisionNumber(newest) === highest) return { kind: 'keep', revision: newest };
  return { kind: 'renumber', revision: newest, number: highest + 1 };
}

/**
 * The revisions that nothing needs any more, oldest first.
 *
 * @param inUse - names of those that pods are made of, or are to be
 * @param limit - how many others may stay
 */
export function planTrim(
  history: readonly KubeObject[],
  inUse: ReadonlySet<string>,
  limit: number,
): KubeObject[] {
  const idle = history
    .filter(({ metadata }) => !inUse.has(metadata.name ?? ''))
    .toSorted((a, b) => getRevisionNumber(a) - getRevisionNumber(b));
  return idle.slice(0, Math.max(0, idle.length - limit));
}
