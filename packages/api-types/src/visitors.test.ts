import { describe, expect, it } from 'vitest';
import { parseVisitorGrant } from './visitors.ts';

describe('parseVisitorGrant', () => {
  it('reads what an agent writes', () => {
    const grant = { users: ['jane'], groups: '*' };
    expect(parseVisitorGrant(JSON.stringify(grant))).toEqual(grant);
  });

  it.each([
    '',
    'null',
    '{}',
    '[]',
    '{"users":"*"}',
    '{"users":"jane","groups":[]}',
    '{"users":[1],"groups":[]}',
  ])('takes %s for no grant', (text) => {
    expect(parseVisitorGrant(text)).toBeUndefined();
  });
});
