import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createRevisionData, getRevisionTemplate, planRevision, planTrim } from './plan-revision.ts';

const template = (image: string) => ({ spec: { containers: [{ name: 'main', image }] } });

function revision(name: string, number: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name },
    data: createRevisionData(template(name)),
    revision: number,
  };
}

describe('planRevision', () => {
  it.each([
    { why: 'the first template', history: [], image: 'a', want: { kind: 'create', number: 1 } },
    { why: 'another template', history: [revision('a', 3)], image: 'b', want: { kind: 'create', number: 4 } },
    {
      why: 'the newest template',
      history: [revision('a', 1), revision('b', 2)],
      image: 'b',
      want: { kind: 'keep', revision: revision('b', 2) },
    },
    {
      why: 'an old template again',
      history: [revision('b', 2), revision('a', 1)],
      image: 'a',
      want: { kind: 'renumber', revision: revision('a', 1), number: 3 },
    },
  ])('$why', ({ history, image, want }) => {
    expect(planRevision(history, template(image))).toEqual(want);
  });

  it('keeps templates as they are', () => {
    expect(getRevisionTemplate(revision('a', 1))).toEqual(template('a'));
  });
});

describe('planTrim', () => {
  const history = ['d', 'c', 'b', 'a'].map((name, index) => revision(name, 4 - index));
  it.each([
    { why: 'what is in use does not count', inUse: ['d', 'a'], limit: 1, want: ['b'] },
    { why: 'the oldest go', inUse: ['d'], limit: 1, want: ['a', 'b'] },
    { why: 'nothing goes within the limit', inUse: ['d'], limit: 10, want: [] },
    { why: 'no history at all', inUse: ['d'], limit: 0, want: ['a', 'b', 'c'] },
  ])('$why', ({ inUse, limit, want }) => {
    expect(planTrim(history, new Set(inUse), limit).map(({ metadata }) => metadata.name)).toEqual(want);
  });
});
