import { json, statusAnswer } from '@clusternet/client/fakes';
import type { FakeAnswer } from '@clusternet/client/fakes';
import type { JsonObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { startFakeParent } from './fake-parent.fixture.ts';
import { gatherGroups } from './gather-groups.ts';

const { signal } = new AbortController();

const group = (name: string): JsonObject => ({
  name,
  versions: [{ groupVersion: `${name}/v1`, version: 'v1' }],
  preferredVersion: { version: 'v1' },
});
const resources = (name: string): FakeAnswer =>
  json(200, { resources: [{ name, kind: 'Thing', namespaced: true, verbs: ['get'] }] });

describe('gatherGroups', () => {
  it('a group that does not answer keeps what it had, and costs no other', async () => {
    let isDown = false;
    const { deps } = startFakeParent(
      new Map([
        ['/apis', () => json(200, { groups: [group('a.com'), group('b.com')] })],
        ['/api/v1', () => resources('pods')],
        [
          '/apis/a.com/v1',
          () => (isDown ? statusAnswer(503, 'ServiceUnavailable', 'down') : resources('as')),
        ],
        ['/apis/b.com/v1', () => resources(isDown ? 'newbs' : 'bs')],
      ]),
    );
    const first = await gatherGroups(deps, [], signal);
    isDown = true;
    const second = await gatherGroups(deps, first.groups, signal);
    expect([first.isComplete, second.isComplete]).toEqual([true, false]);
    const names = second.groups.map(({ versions }) => versions[0]?.resources.map(({ name }) => name));
    expect(names).toEqual([['pods'], ['as'], ['newbs']]);
  });

  it('fails when the parent does not answer at all', async () => {
    await expect(gatherGroups(startFakeParent(new Map()).deps, [], signal)).rejects.toThrow('not there');
  });
});
