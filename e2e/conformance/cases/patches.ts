import { expect } from 'vitest';
import {
  CONFIG_MAP,
  CONFIG_MAPS,
  configMap,
  CREATED,
  DEPLOYMENT,
  DEPLOYMENTS,
  deployment,
  failure,
  get,
  OK,
  patch,
  post,
} from '../api-case.ts';
import type { ApiCase } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const exactly = (value: Readonly<Record<string, string>>): unknown =>
  expect.toSatisfy(
    (found: unknown) => JSON.stringify(found) === JSON.stringify(value),
    JSON.stringify(value),
  );
const apply = (
  manager: string,
  data: Readonly<Record<string, string>>,
  want: Parameters<typeof patch>[3],
  more = '',
): ApiCase['steps'][number] =>
  patch('apply', `${CONFIG_MAP}?fieldManager=${manager}${more}`, configMap(data), want);
const made = post(CONFIG_MAPS, configMap({ a: '1', b: '2' }), CREATED);

/** The four kinds of patches. */
export const patches: readonly ApiCase[] = [
  {
    name: 'merges',
    steps: [
      made,
      patch(
        'merge',
        CONFIG_MAP,
        { data: { a: null, c: '3' } },
        { code: 200, body: { data: exactly({ b: '2', c: '3' }) } },
      ),
    ],
  },
  {
    name: 'merges nothing into what is not there',
    steps: [patch('merge', CONFIG_MAP, { data: { a: '1' } }, { code: 404 })],
  },
  {
    name: 'keeps the version when nothing changes',
    steps: [made, patch('merge', CONFIG_MAP, { data: { a: '1' } }, OK)],
  },
  {
    name: 'refuses a merge patch of a stale version',
    steps: [
      made,
      patch('merge', CONFIG_MAP, { metadata: { resourceVersion: '1' } }, failure(409, 'Conflict')),
    ],
  },
  {
    name: 'refuses a merge patch that is no object',
    steps: [made, patch('merge', CONFIG_MAP, '[]', failure(400, 'BadRequest'))],
  },
  {
    name: 'refuses a merge patch that is not JSON',
    steps: [made, patch('merge', CONFIG_MAP, '{', failure(400, 'BadRequest'))],
  },
  {
    name: 'refuses a merge patch of a wrong type',
    steps: [made, patch('merge', CONFIG_MAP, { data: { a: 1 } }, { code: 422 })],
  },
  {
    name: 'refuses to rename',
    steps: [
      made,
      patch(
        'merge',
        CONFIG_MAP,
        { metadata: { name: 'other' } },
        { code: 400, body: { reason: 'BadRequest' } },
      ),
    ],
  },
  {
    name: 'tries a patch',
    steps: [
      made,
      patch(
        'merge',
        `${CONFIG_MAP}?dryRun=All`,
        { data: { c: '3' } },
        { code: 200, body: { data: { c: '3' } } },
      ),
      get(CONFIG_MAP, { code: 200, body: { data: exactly({ a: '1', b: '2' }) } }),
    ],
  },
  {
    name: 'patches by operations',
    steps: [
      made,
      patch(
        'json',
        CONFIG_MAP,
        [
          { op: 'replace', path: '/data/a', value: '9' },
          { op: 'remove', path: '/data/b' },
        ],
        { code: 200, body: { data: exactly({ a: '9' }) } },
      ),
    ],
  },
  {
    name: 'moves and copies',
    steps: [
      made,
      patch(
        'json',
        CONFIG_MAP,
        [
          { op: 'move', from: '/data/a', path: '/data/c' },
          { op: 'copy', from: '/data/b', path: '/data/d' },
        ],
        { code: 200, body: { data: exactly({ b: '2', c: '1', d: '2' }) } },
      ),
    ],
  },
  {
    name: 'tests before it patches',
    steps: [
      made,
      patch('json', CONFIG_MAP, [{ op: 'test', path: '/data/a', value: 'other' }], failure(422, 'Invalid')),
    ],
  },
  {
    name: 'refuses to remove what is not there',
    steps: [made, patch('json', CONFIG_MAP, [{ op: 'remove', path: '/data/z' }], failure(422, 'Invalid'))],
  },
  {
    name: 'refuses operations that are none',
    steps: [made, patch('json', CONFIG_MAP, [{ op: 'other', path: '/data/z' }], { code: 422 })],
  },
  {
    name: 'refuses operations that are no list',
    steps: [made, patch('json', CONFIG_MAP, '{}', failure(400, 'BadRequest'))],
  },
  {
    name: 'escapes slashes in pointers',
    steps: [
      post(CONFIG_MAPS, configMap({}, { annotations: { 'x/y': '1' } }), CREATED),
      patch('json', CONFIG_MAP, [{ op: 'replace', path: '/metadata/annotations/x~1y', value: '2' }], {
        code: 200,
        body: { metadata: { annotations: { 'x/y': '2' } } },
      }),
    ],
  },
  {
    name: 'merges lists by key',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      patch(
        'strategic',
        DEPLOYMENT,
        { spec: { template: { spec: { containers: [{ name: 'second', image: 'x' }] } } } },
        {
          code: 200,
          body: { spec: { template: { spec: { containers: [{ name: 'second' }, { name: 'main' }] } } } },
        },
      ),
    ],
  },
  {
    name: 'deletes from lists by key',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      patch(
        'strategic',
        DEPLOYMENT,
        {
          spec: {
            template: {
              spec: {
                containers: [
                  { name: 'main', $patch: 'delete' },
                  { name: 'second', image: 'x' },
                ],
              },
            },
          },
        },
        { code: 200, body: { spec: { template: { spec: { containers: [{ name: 'second' }] } } } } },
      ),
    ],
  },
  {
    name: 'replaces maps when told',
    steps: [
      made,
      patch(
        'strategic',
        CONFIG_MAP,
        { data: { $patch: 'replace', z: '1' } },
        { code: 200, body: { data: exactly({ z: '1' }) } },
      ),
    ],
  },
  {
    name: 'knows no other patch',
    steps: [
      made,
      {
        ...patch('json', CONFIG_MAP, '{}', failure(415, 'UnsupportedMediaType')),
        headers: { 'content-type': 'application/other' },
      },
    ],
  },
  {
    name: 'applies what is not there',
    steps: [
      apply(
        'one',
        { a: '1' },
        {
          code: 201,
          body: {
            data: { a: '1' },
            metadata: {
              managedFields: [
                {
                  manager: 'one',
                  operation: 'Apply',
                  apiVersion: 'v1',
                  fieldsType: 'FieldsV1',
                  fieldsV1: { 'f:data': { 'f:a': {} } },
                },
              ],
            },
          },
        },
      ),
    ],
  },
  {
    name: 'wants to know who applies',
    steps: [
      patch('apply', CONFIG_MAP, configMap(), {
        code: 422,
        body: { reason: 'Invalid', message: has('is required for apply patch') },
      }),
    ],
  },
  {
    name: 'takes back what is applied no more',
    steps: [
      apply('one', { a: '1', b: '2' }, CREATED),
      apply('one', { a: '1' }, { code: 200, body: { data: exactly({ a: '1' }) } }),
    ],
  },
  {
    name: 'keeps what others own',
    steps: [
      apply('one', { a: '1' }, CREATED),
      apply('two', { b: '2' }, { code: 200, body: { data: exactly({ a: '1', b: '2' }) } }),
      apply('one', { c: '3' }, { code: 200, body: { data: exactly({ b: '2', c: '3' }) } }),
    ],
  },
  {
    name: 'refuses what others own',
    steps: [
      apply('one', { a: '1' }, CREATED),
      apply(
        'two',
        { a: '2' },
        failure(409, 'Conflict', {
          message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
          details: {
            causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
          },
        }),
      ),
    ],
  },
  {
    name: 'shares what is the same',
    steps: [
      apply('one', { a: '1' }, CREATED),
      apply('two', { a: '1' }, OK),
      apply('one', { b: '1' }, { code: 200, body: { data: exactly({ a: '1', b: '1' }) } }),
    ],
  },
  {
    name: 'takes over by force',
    steps: [
      apply('one', { a: '1' }, CREATED),
      apply('two', { a: '2' }, { code: 200, body: { data: { a: '2' } } }, '&force=true'),
      apply('one', { b: '1' }, { code: 200, body: { data: exactly({ a: '2', b: '1' }) } }),
    ],
  },
  {
    name: 'conflicts with those who update',
    steps: [made, apply('one', { a: '5' }, failure(409, 'Conflict'))],
  },
  {
    name: 'counts conflicts',
    steps: [
      apply('one', { a: '1', b: '2' }, CREATED),
      apply(
        'two',
        { a: '2', b: '3' },
        failure(409, 'Conflict', { message: has('Apply failed with 2 conflicts') }),
      ),
    ],
  },
  {
    name: 'knows no force without apply',
    steps: [made, patch('merge', `${CONFIG_MAP}?force=true`, {}, { code: 422, body: { reason: 'Invalid' } })],
  },
  {
    name: 'refuses managed fields in what is applied',
    steps: [
      patch(
        'apply',
        `${CONFIG_MAP}?fieldManager=one`,
        configMap(
          {},
          {
            managedFields: [
              { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
            ],
          },
        ),
        failure(400, 'BadRequest', { message: has('metadata.managedFields must be nil') }),
      ),
    ],
  },
  {
    name: 'applies what does not say its name',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'apply',
        `${CONFIG_MAP}?fieldManager=one&force=true`,
        { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '2' } },
        { code: 200, body: { metadata: { name: '{name}' }, data: { a: '2' } } },
      ),
    ],
  },
  {
    name: 'refuses unknown fields in what is applied',
    steps: [
      patch(
        'apply',
        `${CONFIG_MAP}?fieldManager=one`,
        { ...configMap(), extra: 1 },
        { code: 500, body: { message: has('field not declared in schema') } },
      ),
    ],
  },
  {
    name: 'owns items of lists by key',
    steps: [
      patch('apply', `${DEPLOYMENT}?fieldManager=one`, deployment(), CREATED),
      patch(
        'apply',
        `${DEPLOYMENT}?fieldManager=two`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: '{name}' },
          spec: { template: { spec: { containers: [{ name: 'side', image: 'x' }] } } },
        },
        {
          code: 200,
          body: { spec: { template: { spec: { containers: [{ name: 'main' }, { name: 'side' }] } } } },
        },
      ),
    ],
  },
  {
    name: 'records who writes',
    steps: [
      post(`${CONFIG_MAPS}?fieldManager=me`, configMap(), {
        code: 201,
        body: { metadata: { managedFields: [{ manager: 'me', operation: 'Update' }] } },
      }),
    ],
  },
  {
    name: 'tells writers by their program',
    steps: [
      post(
        CONFIG_MAPS,
        configMap(),
        { code: 201, body: { metadata: { managedFields: [{ manager: 'tool' }] } } },
        { 'user-agent': 'tool/v1.2 (linux)' },
      ),
    ],
  },
];
