import { expect } from 'vitest';
import {
  CONFIG_MAP,
  CONFIG_MAPS,
  configMap,
  CREATED,
  failure,
  get,
  OK,
  patch,
  post,
  put,
  remove,
} from '../api-case.ts';
import type { ApiCase, Want } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const INVALID: Want = failure(422, 'Invalid');
const BAD: Want = failure(400, 'BadRequest');
const NOT_ALLOWED: Want = failure(405, 'MethodNotAllowed');
const causes = (...fields: readonly string[]): Want =>
  failure(422, 'Invalid', { details: { causes: fields.map((field) => ({ field })) } });
const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
const user = (info: Readonly<Record<string, unknown>>): Want => ({
  code: 201,
  body: { status: { userInfo: info } },
});

const writes: readonly ApiCase[] = [
  {
    name: 'names every option that there is not',
    steps: [
      post(
        `${CONFIG_MAPS}?dryRun=Some&fieldValidation=Hard&fieldManager=${'m'.repeat(129)}`,
        configMap(),
        causes('fieldManager', 'dryRun', 'fieldValidation'),
      ),
    ],
  },
  {
    name: 'wants managers that can be printed',
    steps: [post(`${CONFIG_MAPS}?fieldManager=a%07b`, configMap(), causes('fieldManager'))],
  },
  {
    name: 'keeps nothing of a create that is tried',
    steps: [
      post(`${CONFIG_MAPS}?dryRun=All&dryRun=All`, configMap(), CREATED),
      get(CONFIG_MAP, { code: 404 }),
    ],
  },
  {
    name: 'keeps nothing of a replace that is tried',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(`${CONFIG_MAP}?dryRun=All`, configMap({ a: '2' }), { code: 200, body: { data: { a: '2' } } }),
      get(CONFIG_MAP, { code: 200, body: { data: { a: '1' } } }),
    ],
  },
  {
    name: 'wants replaced objects to have their name',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(
        CONFIG_MAP,
        configMap({}, { name: undefined }),
        failure(400, 'BadRequest', { message: has('undeterminable') }),
      ),
    ],
  },
  {
    name: 'lets the record of owners be given up, and takes it up no more with updates',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'merge',
        CONFIG_MAP,
        { metadata: { managedFields: [] } },
        {
          code: 200,
          body: { metadata: expect.not.objectContaining({ managedFields: expect.anything() }) },
        },
      ),
      patch(
        'merge',
        CONFIG_MAP,
        { data: { a: '2' } },
        {
          code: 200,
          body: { metadata: expect.not.objectContaining({ managedFields: expect.anything() }) },
        },
      ),
    ],
  },
  {
    name: 'refuses a time to wait that is none',
    steps: [
      get(`${CONFIG_MAPS}?timeout=abc`, failure(400, 'BadRequest', { message: has('invalid timeout') })),
    ],
  },
];

const deletions: readonly ApiCase[] = [
  {
    name: 'refuses options of a deletion that are none',
    steps: [post(CONFIG_MAPS, configMap(), CREATED), remove(CONFIG_MAP, BAD, 'hello'), get(CONFIG_MAP, OK)],
  },
  {
    name: 'refuses options of another kind',
    steps: [remove(CONFIG_MAP, BAD, { apiVersion: 'v1', kind: 'ConfigMap' })],
  },
  {
    name: 'refuses two ways to say what becomes of dependents',
    steps: [
      remove(CONFIG_MAP, causes('propagationPolicy'), {
        propagationPolicy: 'Orphan',
        orphanDependents: true,
      }),
    ],
  },
  {
    name: 'refuses a time of grace that is no number',
    steps: [remove(`${CONFIG_MAP}?gracePeriodSeconds=x`, BAD)],
  },
  {
    name: 'takes no notice of the query of a deletion with a body',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAP}?dryRun=All`, OK, { gracePeriodSeconds: 0 }),
      get(CONFIG_MAP, { code: 404 }),
    ],
  },
  {
    name: 'deletes what fields select',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      post(CONFIG_MAPS, configMap({}, { name: '{name}-other' }), CREATED),
      remove(`${CONFIG_MAPS}?fieldSelector=metadata.name%3D{name}`, {
        code: 200,
        body: { items: [{ metadata: { name: '{name}' } }] },
      }),
      get(CONFIG_MAP, { code: 404 }),
      get(`${CONFIG_MAP}-other`, OK),
    ],
  },
  {
    name: 'keeps all when a deletion of many is tried',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAPS}?dryRun=All&fieldSelector=metadata.name%3D{name}`, OK),
      get(CONFIG_MAP, OK),
    ],
  },
  {
    name: 'deletes nothing by a selector that is none',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      remove(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent('a in b')}`, BAD),
      get(CONFIG_MAP, OK),
    ],
  },
  {
    name: 'does not delete over all namespaces',
    steps: [remove('/api/v1/configmaps', NOT_ALLOWED)],
  },
  {
    name: 'marks namespaces as ending, without a time of grace',
    steps: [
      post(
        '/api/v1/namespaces',
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{name}' } },
        CREATED,
      ),
      remove('/api/v1/namespaces/{name}', {
        code: 200,
        body: {
          metadata: expect.not.objectContaining({ deletionGracePeriodSeconds: 0 }),
          status: { phase: 'Terminating' },
        },
      }),
    ],
  },
];

const reads: readonly ApiCase[] = [
  {
    name: 'has no reason for a version of one object that is none',
    steps: [get(`${CONFIG_MAP}?resourceVersion=x`, { code: 500 })],
  },
  {
    name: 'waits for a version that is not there yet, but not long',
    steps: [
      get(`${CONFIG_MAPS}?resourceVersion=9999999&resourceVersionMatch=NotOlderThan`, {
        ...failure(504, 'Timeout', {
          details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
        }),
        headers: { 'retry-after': '1' },
      }),
    ],
  },
  {
    name: 'knows no exact match of any version',
    steps: [get(`${CONFIG_MAPS}?resourceVersion=0&resourceVersionMatch=Exact`, INVALID)],
  },
  {
    name: 'sends initial events to watches only',
    steps: [get(`${CONFIG_MAPS}?sendInitialEvents=true`, causes('sendInitialEvents'))],
  },
  {
    name: 'wants a match for initial events',
    steps: [get(`${CONFIG_MAPS}?watch=1&sendInitialEvents=true`, causes('resourceVersionMatch'))],
  },
  {
    name: 'names every mistake of a watch',
    steps: [
      get(
        `${CONFIG_MAPS}?watch=1&resourceVersion=1&resourceVersionMatch=Exact&continue=abc`,
        causes('resourceVersionMatch', 'resourceVersionMatch', 'resourceVersionMatch'),
      ),
    ],
  },
  { name: 'refuses methods that lists do not have', steps: [put(CONFIG_MAPS, configMap(), NOT_ALLOWED)] },
  {
    name: 'refuses to make things over all namespaces',
    steps: [post('/api/v1/configmaps', configMap(), NOT_ALLOWED)],
  },
  {
    name: 'knows no node in a namespace',
    steps: [get('/api/v1/namespaces/{ns}/nodes', failure(404, 'NotFound'))],
  },
  {
    name: 'makes no namespace in a namespace',
    steps: [post('/api/v1/namespaces/{ns}/namespaces', configMap(), failure(404, 'NotFound'))],
  },
  {
    name: 'has discovery to be read only',
    steps: [post('/apis/apps/v1', {}, NOT_ALLOWED), post('/version', {}, NOT_ALLOWED)],
  },
  {
    name: 'looks for a pod before it streams',
    steps: [
      get('/api/v1/namespaces/{ns}/pods/{name}/exec?command=a&stdout=1', failure(404, 'NotFound')),
      post('/api/v1/namespaces/{ns}/pods/{name}/portforward', undefined, failure(404, 'NotFound')),
    ],
  },
];

const users: readonly ApiCase[] = [
  {
    name: 'passes a uid on',
    steps: [
      post(SELF, self, user({ username: 'jane', uid: '7' }), {
        'impersonate-user': 'jane',
        'impersonate-uid': '7',
      }),
    ],
  },
  {
    name: 'decodes the keys of extras, in lower case',
    steps: [
      post(SELF, self, user({ extra: { 'some.key/a': ['v'] } }), {
        'impersonate-user': 'jane',
        'impersonate-extra-Some.Key%2fa': 'v',
      }),
    ],
  },
  {
    name: 'knows the groups of service accounts',
    steps: [
      post(
        SELF,
        self,
        user({
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        }),
        { 'impersonate-user': 'system:serviceaccount:default:x' },
      ),
    ],
  },
  {
    name: 'lets who is anonymous know nothing of themselves',
    steps: [post(SELF, self, failure(403, 'Forbidden'), { 'impersonate-user': 'system:anonymous' })],
  },
  {
    name: 'refuses a uid without a user',
    steps: [post(SELF, self, { code: 400 }, { 'impersonate-uid': '7' })],
  },
];

/** What requests carry beside objects. */
export const options: readonly ApiCase[] = [...writes, ...deletions, ...reads, ...users];
