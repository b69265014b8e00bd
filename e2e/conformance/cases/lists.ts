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
  remove,
} from '../api-case.ts';
import type { ApiCase } from '../api-case.ts';

/** For a query, with the names of the case left to be put in. */
const encode = (text: string): string => encodeURIComponent(text).replaceAll('%7Bname%7D', '{name}');
const has = (text: string): unknown => expect.stringContaining(text);
const labelled = (suffix: string, tier: string): ApiCase['steps'][number] =>
  post(CONFIG_MAPS, configMap({}, { name: `{name}-${suffix}`, labels: { case: '{name}', tier } }), CREATED);
const three = [labelled('a', 'x'), labelled('b', 'x'), labelled('c', 'y')];
const found = (...suffixes: readonly string[]): { code: number; body: unknown } => ({
  code: 200,
  body: { items: suffixes.map((suffix) => ({ metadata: { name: `{name}-${suffix}` } })) },
});
const select = (selector: string): string =>
  `${CONFIG_MAPS}?labelSelector=${encode(`case={name},${selector}`)}`;

/** Lists, selectors, pages, Tables. */
export const lists: readonly ApiCase[] = [
  {
    name: 'lists',
    steps: [
      ...three,
      get(`${CONFIG_MAPS}?labelSelector=case%3D{name}`, {
        code: 200,
        body: {
          kind: 'ConfigMapList',
          apiVersion: 'v1',
          metadata: { resourceVersion: has('') },
          items: [
            { metadata: { name: '{name}-a' } },
            { metadata: { name: '{name}-b' } },
            { metadata: { name: '{name}-c' } },
          ],
        },
      }),
    ],
  },
  { name: 'selects equal labels', steps: [...three, get(select('tier=x'), found('a', 'b'))] },
  { name: 'selects equal labels, said twice', steps: [...three, get(select('tier==y'), found('c'))] },
  { name: 'selects other labels', steps: [...three, get(select('tier!=x'), found('c'))] },
  { name: 'selects from sets', steps: [...three, get(select('tier in (x,z)'), found('a', 'b'))] },
  { name: 'selects outside sets', steps: [...three, get(select('tier notin (x)'), found('c'))] },
  { name: 'selects labels that are there', steps: [...three, get(select('tier'), found('a', 'b', 'c'))] },
  { name: 'selects labels that are not there', steps: [...three, get(select('!tier'), found())] },
  {
    name: 'refuses selectors that are none',
    steps: [get(`${CONFIG_MAPS}?labelSelector=${encode('a in b')}`, failure(400, 'BadRequest'))],
  },
  {
    name: 'selects names',
    steps: [...three, get(`${CONFIG_MAPS}?fieldSelector=metadata.name%3D{name}-b`, found('b'))],
  },
  {
    name: 'selects no other fields',
    steps: [
      get(
        `${CONFIG_MAPS}?fieldSelector=data.a%3D1`,
        failure(400, 'BadRequest', { message: has('is not a known field selector') }),
      ),
    ],
  },
  {
    name: 'gives a page',
    steps: [
      ...three,
      get(`${select('tier')}&limit=2`, {
        code: 200,
        body: {
          metadata: { continue: expect.stringMatching(/./) },
          items: [{ metadata: { name: '{name}-a' } }, { metadata: { name: '{name}-b' } }],
        },
      }),
    ],
  },
  {
    name: 'refuses a continuation that is none',
    steps: [get(`${CONFIG_MAPS}?limit=2&continue=abc`, failure(400, 'BadRequest'))],
  },
  { name: 'refuses a limit that is none', steps: [get(`${CONFIG_MAPS}?limit=abc`, { code: 400 })] },
  {
    name: 'refuses a version that is none',
    steps: [get(`${CONFIG_MAPS}?resourceVersion=abc`, { code: 400 })],
  },
  {
    name: 'wants a version for a match',
    steps: [get(`${CONFIG_MAPS}?resourceVersionMatch=Exact`, failure(422, 'Invalid'))],
  },
  {
    name: 'knows two matches',
    steps: [get(`${CONFIG_MAPS}?resourceVersionMatch=Other&resourceVersion=1`, failure(422, 'Invalid'))],
  },
  {
    name: 'lists over all namespaces',
    steps: [...three, get(`/api/v1/configmaps?labelSelector=${encode('case={name},tier=y')}`, found('c'))],
  },
  {
    name: 'lists an empty namespace',
    steps: [get('/api/v1/namespaces/not-there/configmaps', { code: 200, body: { items: [] } })],
  },
  {
    name: 'gives a Table',
    steps: [
      ...three,
      get(
        select('tier=y'),
        {
          code: 200,
          body: {
            kind: 'Table',
            apiVersion: 'meta.k8s.io/v1',
            columnDefinitions: [{ name: 'Name' }, { name: 'Data' }, { name: 'Age' }],
            rows: [{ cells: ['{name}-c', 0, has('s')], object: { kind: 'PartialObjectMetadata' } }],
          },
        },
        { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      ),
    ],
  },
  {
    name: 'gives a Table with objects',
    steps: [
      ...three,
      get(
        `${select('tier=y')}&includeObject=Object`,
        { code: 200, body: { rows: [{ object: { kind: 'ConfigMap' } }] } },
        { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      ),
    ],
  },
  {
    name: 'gives a Table of Deployments',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      get(
        DEPLOYMENT,
        {
          code: 200,
          body: {
            columnDefinitions: [
              { name: 'Name' },
              { name: 'Ready' },
              { name: 'Up-to-date' },
              { name: 'Available' },
              { name: 'Age' },
              { name: 'Containers' },
              { name: 'Images' },
              { name: 'Selector' },
            ],
          },
        },
        { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      ),
    ],
  },
  {
    name: 'gives metadata alone',
    steps: [
      ...three,
      get(
        select('tier=y'),
        {
          code: 200,
          body: {
            kind: 'PartialObjectMetadataList',
            apiVersion: 'meta.k8s.io/v1',
            items: [{ metadata: { name: '{name}-c' } }],
          },
        },
        { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
      ),
    ],
  },
  {
    name: 'gives a scale as a table',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      get(
        `${DEPLOYMENT}/scale`,
        {
          code: 200,
          body: {
            kind: 'Table',
            columnDefinitions: [
              { name: 'Name', type: 'string', format: '' },
              { name: 'Desired', type: 'integer', description: expect.stringContaining('desired number') },
              { name: 'Available', type: 'integer' },
              { name: 'Age', type: 'string', format: '', priority: 0 },
            ],
            rows: [{ cells: ['{name}', 0, 0, expect.any(String)] }],
          },
        },
        { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      ),
    ],
  },
];

const finalized = post(CONFIG_MAPS, configMap({}, { finalizers: ['example.com/hold'] }), CREATED);

/** Deletions. */
export const deletions: readonly ApiCase[] = [
  {
    name: 'deletes',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(CONFIG_MAP, {
        code: 200,
        body: {
          kind: 'Status',
          status: 'Success',
          details: { name: '{name}', kind: 'configmaps', uid: has('-') },
        },
      }),
      get(CONFIG_MAP, { code: 404 }),
    ],
  },
  { name: 'deletes nothing that is not there', steps: [remove(CONFIG_MAP, failure(404, 'NotFound'))] },
  {
    name: 'waits for finalizers',
    steps: [
      finalized,
      remove(CONFIG_MAP, {
        code: 200,
        body: {
          kind: 'ConfigMap',
          metadata: {
            deletionTimestamp: has('Z'),
            deletionGracePeriodSeconds: 0,
            finalizers: ['example.com/hold'],
          },
        },
      }),
      get(CONFIG_MAP, OK),
      patch('merge', CONFIG_MAP, { metadata: { finalizers: null } }, OK),
      get(CONFIG_MAP, { code: 404 }),
    ],
  },
  {
    name: 'takes no finalizer while deleting',
    steps: [
      finalized,
      remove(CONFIG_MAP, OK),
      patch(
        'merge',
        CONFIG_MAP,
        { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
        failure(422, 'Invalid', {
          message: has('no new finalizers can be added if the object is being deleted'),
        }),
      ),
      patch('merge', CONFIG_MAP, { metadata: { finalizers: null } }, OK),
    ],
  },
  {
    name: 'refuses finalizers that are none',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({}, { finalizers: ['hold'] }),
        failure(422, 'Invalid', {
          message: has('name is neither a standard finalizer name nor is it fully qualified'),
        }),
      ),
    ],
  },
  {
    name: 'deletes a uid and no other',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(CONFIG_MAP, failure(409, 'Conflict', { message: has('the UID in the precondition') }), {
        preconditions: { uid: '11111111-1111-1111-1111-111111111111' },
      }),
    ],
  },
  {
    name: 'deletes a version and no other',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(
        CONFIG_MAP,
        failure(409, 'Conflict', { message: has('the ResourceVersion in the precondition') }),
        { preconditions: { resourceVersion: '1' } },
      ),
    ],
  },
  {
    name: 'tries a deletion',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAP}?dryRun=All`, OK),
      get(CONFIG_MAP, OK),
    ],
  },
  {
    name: 'orphans when told',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAP}?propagationPolicy=Orphan`, {
        code: 200,
        body: { metadata: { finalizers: ['orphan'] } },
      }),
    ],
  },
  {
    name: 'goes last when told',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(
        CONFIG_MAP,
        { code: 200, body: { metadata: { finalizers: ['foregroundDeletion'] } } },
        { propagationPolicy: 'Foreground' },
      ),
    ],
  },
  {
    name: 'knows three ways to propagate',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAP}?propagationPolicy=Other`, failure(422, 'Invalid')),
    ],
  },
  {
    name: 'deletes what is selected',
    steps: [
      ...three,
      remove(select('tier=x'), { code: 200, body: { kind: 'ConfigMapList' } }),
      get(select('tier'), found('c')),
    ],
  },
];
