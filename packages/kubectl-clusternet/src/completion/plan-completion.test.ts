import { describe, expect, it } from 'vitest';
import { formatOffers } from './format-offers.ts';
import { planCompletion } from './plan-completion.ts';

const plan = (line: string) => planCompletion(line.split(' '));
const wordsOf = (line: string): string[] => {
  const source = plan(line);
  return source.kind === 'words' ? source.offers.map(({ word }) => word) : [source.kind];
};

describe('planCompletion', () => {
  it('offers commands of both kinds, each once', () => {
    const words = wordsOf('');
    expect(words).toEqual(expect.arrayContaining(['apply', 'doctor', 'cordon', 'logs']));
    expect(new Set(words).size).toBe(words.length);
  });

  it.each([
    ['doctor ', { kind: 'clusters', lead: '', more: [] }],
    ['get pods --cluster-id ', { kind: 'clusters', lead: '' }],
    ['get pods --cluster-id=ea', { kind: 'clusters', lead: '--cluster-id=' }],
    ['get pods --clusters ', { kind: 'clusters', lead: '', more: ['all'] }],
    ['get pods --clusters east,we', { kind: 'clusters', lead: 'east,', more: [] }],
    ['get pods --clusters=east,we', { kind: 'clusters', lead: '--clusters=east,', more: [] }],
    ['accept ', { kind: 'requests' }],
    ['status ', { kind: 'subscriptions' }],
    ['--context ', { kind: 'contexts' }],
    ['join x --child-context ', { kind: 'contexts' }],
    ['get pods --child-kubeconfig ', { kind: 'files' }],
    ['get dep', { kind: 'kubectl', more: [] }],
    ['-n foo get ', { kind: 'kubectl' }],
    ['logs --cluster-id east ', { kind: 'kubectl' }],
    ['cordon --cluster-id east ', { kind: 'kubectl' }],
    ['exec --cluster-id east web -- l', { kind: 'files' }],
  ])('%s', (line, want) => {
    expect(plan(line)).toMatchObject(want);
  });

  it.each([
    ['logs ', ['--cluster-id']],
    ['unjoin east --delivered ', ['Remove', 'Keep', 'Force']],
    ['unjoin east --delivered=K', ['--delivered=Remove', '--delivered=Keep', '--delivered=Force']],
    ['completion ', ['bash', 'fish', 'kubectl', 'zsh']],
    ['doctor east ', []],
    ['get --as ', []],
    ['constructor ', []],
  ])('%s offers just that', (line, want) => {
    expect(wordsOf(line)).toEqual(want);
  });

  it('adds flags of ours to those that kubectl has', () => {
    const source = plan('get --');
    expect(source).toMatchObject({
      kind: 'kubectl',
      more: expect.arrayContaining([{ word: '--cluster-id' }, { word: '--clusters' }]) as unknown,
    });
    expect(wordsOf('doctor --')).toContain('--output');
    expect(wordsOf('doctor --')).not.toContain('--cluster-id');
  });
});

describe('formatOffers', () => {
  it('says what fits, and how to go on', () => {
    const offers = [{ word: 'east', about: 'id' }, { word: 'west' }, { word: 'east', about: 'id' }];
    expect(formatOffers(offers, 'e')).toBe('east\tid\n:4\n');
    expect(formatOffers(undefined, '')).toBe(':0\n');
  });
});
