import { describe, expect, it } from 'vitest';
import { findKind } from './find-kind.ts';
import type { ServedKind } from './find-kind.ts';

const kind = (group: string, version: string, name: string, ...shortNames: string[]): ServedKind => ({
  group,
  version,
  plural: `${name.toLowerCase()}s`,
  singular: name.toLowerCase(),
  kind: name,
  shortNames,
  namespaced: true,
});
const served = [
  kind('', 'v1', 'Pod', 'po'),
  kind('', 'v1', 'Event', 'ev'),
  kind('apps', 'v1', 'Deployment', 'deploy'),
  kind('events.k8s.io', 'v1', 'Event', 'ev'),
  kind('example.com', 'v2', 'Po'),
  kind('example.com', 'v1', 'Po'),
];

describe('findKind', () => {
  it.each([
    ['pods', '', 'Pod'],
    ['Pod', '', 'Pod'],
    ['po', 'example.com', 'Po'],
    ['deploy', 'apps', 'Deployment'],
    ['deployments.apps', 'apps', 'Deployment'],
    ['deployment.v1.apps', 'apps', 'Deployment'],
    ['ev', '', 'Event'],
    ['ev.events', 'events.k8s.io', 'Event'],
    ['pos.v1.example.com', 'example.com', 'Po'],
  ])('%s', (word, group, want) => {
    expect(findKind(word, served)).toMatchObject({ group, kind: want });
  });

  it('takes the version that is asked for', () => {
    expect(findKind('pos.v1.example.com', served)?.version).toBe('v1');
    expect(findKind('pos.example.com', served)?.version).toBe('v2');
  });

  it.each(['foos', 'pods.apps', 'deployments.v2.apps'])('does not know %s', (word) => {
    expect(findKind(word, served)).toBeUndefined();
  });
});
