import { expect } from 'vitest';
import {
  CONFIG_MAP,
  CONFIG_MAPS,
  configMap,
  CREATED,
  DEPLOYMENTS,
  deployment,
  failure,
  get,
  OK,
  post,
  put,
  remove,
} from '../api-case.ts';
import type { ApiCase } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const SECRETS = '/api/v1/namespaces/{ns}/secrets';

/** Creating, reading, replacing. */
export const writes: readonly ApiCase[] = [
  {
    name: 'creates',
    steps: [
      post(CONFIG_MAPS, configMap(), {
        code: 201,
        body: {
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: {
            name: '{name}',
            namespace: '{ns}',
            uid: has('-'),
            resourceVersion: has(''),
            creationTimestamp: has('Z'),
          },
          data: { a: '1' },
        },
      }),
    ],
  },
  {
    name: 'creates nothing twice',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      post(
        CONFIG_MAPS,
        configMap(),
        failure(409, 'AlreadyExists', {
          message: 'configmaps "{name}" already exists',
          details: { name: '{name}', kind: 'configmaps' },
        }),
      ),
    ],
  },
  {
    name: 'gets what was created',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      get(CONFIG_MAP, { code: 200, body: { data: { a: '1' } } }),
    ],
  },
  {
    name: 'says what is not there',
    steps: [
      get(
        CONFIG_MAP,
        failure(404, 'NotFound', {
          message: 'configmaps "{name}" not found',
          details: { name: '{name}', kind: 'configmaps' },
        }),
      ),
    ],
  },
  {
    name: 'makes a name',
    steps: [
      post(CONFIG_MAPS, configMap({}, { name: undefined, generateName: '{name}-' }), {
        code: 201,
        body: {
          metadata: {
            generateName: '{name}-',
            name: expect.stringMatching(/-[bcdfghjklmnpqrstvwxz2456789]{5}$/),
          },
        },
      }),
    ],
  },
  {
    name: 'wants a name',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({}, { name: undefined }),
        failure(422, 'Invalid', { message: has('name or generateName is required') }),
      ),
    ],
  },
  {
    name: 'refuses names that are none',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({}, { name: 'Not_A_Name' }),
        failure(422, 'Invalid', {
          details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }] },
        }),
      ),
    ],
  },
  {
    name: 'refuses labels that are none',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({}, { labels: { 'a b': 'c' } }),
        failure(422, 'Invalid', {
          details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.labels' }] },
        }),
      ),
    ],
  },
  {
    name: 'refuses annotations that are none',
    steps: [post(CONFIG_MAPS, configMap({}, { annotations: { 'a b': 'c' } }), failure(422, 'Invalid'))],
  },
  {
    name: 'refuses keys that are none',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({ 'a b': '1' }),
        failure(422, 'Invalid', { details: { causes: [{ field: 'data[a b]' }] } }),
      ),
    ],
  },
  {
    name: 'refuses another namespace',
    steps: [
      post(
        CONFIG_MAPS,
        configMap({}, { namespace: 'other' }),
        failure(400, 'BadRequest', {
          message: has(
            'the namespace of the provided object does not match the namespace sent on the request',
          ),
        }),
      ),
    ],
  },
  {
    name: 'refuses a namespace that is not there',
    steps: [
      post(
        '/api/v1/namespaces/not-there/configmaps',
        configMap(),
        failure(404, 'NotFound', { message: 'namespaces "not-there" not found' }),
      ),
    ],
  },
  {
    name: 'refuses another kind',
    steps: [post(CONFIG_MAPS, { ...configMap(), kind: 'Secret' }, failure(400, 'BadRequest'))],
  },
  {
    name: 'refuses another version',
    steps: [post(CONFIG_MAPS, { ...configMap(), apiVersion: 'v2' }, failure(400, 'BadRequest'))],
  },
  {
    name: 'refuses a wrong type',
    steps: [post(CONFIG_MAPS, configMap({ a: 1 }), failure(400, 'BadRequest'))],
  },
  {
    name: 'refuses text that is not JSON',
    steps: [post(CONFIG_MAPS, '{"apiVersion":', failure(400, 'BadRequest'))],
  },
  { name: 'refuses an empty body', steps: [post(CONFIG_MAPS, '', failure(400, 'BadRequest'))] },
  { name: 'refuses a list for an object', steps: [post(CONFIG_MAPS, [], failure(400, 'BadRequest'))] },
  {
    name: 'takes YAML',
    steps: [
      post(
        CONFIG_MAPS,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: "1"\n',
        CREATED,
        { 'content-type': 'application/yaml' },
      ),
    ],
  },
  {
    name: 'takes no other media type',
    steps: [post(CONFIG_MAPS, 'a', failure(415, 'UnsupportedMediaType'), { 'content-type': 'text/csv' })],
  },
  {
    name: 'answers in YAML',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      get(CONFIG_MAP, { code: 200, body: has('kind: ConfigMap') }, { accept: 'application/yaml' }),
    ],
  },
  {
    name: 'answers in no other media type',
    steps: [get(CONFIG_MAPS, failure(406, 'NotAcceptable'), { accept: 'text/csv' })],
  },
  {
    name: 'tries a create',
    steps: [post(`${CONFIG_MAPS}?dryRun=All`, configMap(), CREATED), get(CONFIG_MAP, { code: 404 })],
  },
  {
    name: 'knows one kind of trial',
    steps: [post(`${CONFIG_MAPS}?dryRun=Some`, configMap(), failure(422, 'Invalid'))],
  },
  {
    name: 'refuses unknown fields when strict',
    steps: [
      post(
        `${CONFIG_MAPS}?fieldValidation=Strict`,
        { ...configMap(), extra: 1 },
        failure(400, 'BadRequest', { message: has('unknown field "extra"') }),
      ),
    ],
  },
  {
    name: 'warns of unknown fields',
    steps: [
      post(
        `${CONFIG_MAPS}?fieldValidation=Warn`,
        { ...configMap(), extra: 1 },
        { code: 201, headers: { warning: has('unknown field') } },
      ),
    ],
  },
  {
    name: 'knows three ways of validation',
    steps: [post(`${CONFIG_MAPS}?fieldValidation=Some`, configMap(), failure(422, 'Invalid'))],
  },
  {
    name: 'replaces',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(CONFIG_MAP, configMap({ b: '2' }), { code: 200, body: { data: { b: '2' } } }),
    ],
  },
  { name: 'replaces nothing that is not there', steps: [put(CONFIG_MAP, configMap(), { code: 404 })] },
  {
    name: 'refuses to replace under another name',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(
        CONFIG_MAP,
        configMap({}, { name: 'other' }),
        failure(400, 'BadRequest', {
          message: has('the name of the object (other) does not match the name on the URL'),
        }),
      ),
    ],
  },
  {
    name: 'refuses a stale version',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(
        CONFIG_MAP,
        configMap({}, { resourceVersion: '1' }),
        failure(409, 'Conflict', {
          message: has(
            'the object has been modified; please apply your changes to the latest version and try again',
          ),
        }),
      ),
    ],
  },
  {
    name: 'refuses another uid',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(
        CONFIG_MAP,
        configMap({}, { uid: '11111111-1111-1111-1111-111111111111' }),
        failure(409, 'Conflict'),
      ),
    ],
  },
  {
    name: 'refuses a version at creation',
    steps: [
      post(CONFIG_MAPS, configMap({}, { resourceVersion: '1' }), {
        code: 500,
        body: { message: has('resourceVersion should not be set on objects to be created') },
      }),
    ],
  },
  {
    name: 'leaves what cannot be changed alone',
    steps: [
      post(CONFIG_MAPS, { ...configMap(), immutable: true }, CREATED),
      put(
        CONFIG_MAP,
        configMap({ a: '2' }),
        failure(422, 'Invalid', { message: has('field is immutable when `immutable` is set') }),
      ),
    ],
  },
  {
    name: 'puts text of secrets into base64',
    steps: [
      post(
        SECRETS,
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: '{name}' }, stringData: { a: 'hello' } },
        { code: 201, body: { type: 'Opaque', data: { a: 'aGVsbG8=' } } },
      ),
    ],
  },
  {
    name: 'keeps the type of a secret',
    steps: [
      post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: '{name}' } }, CREATED),
      put(
        `${SECRETS}/{name}`,
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: '{name}' }, type: 'other' },
        failure(422, 'Invalid'),
      ),
    ],
  },
  {
    name: 'fills defaults in',
    steps: [
      post(DEPLOYMENTS, deployment(), {
        code: 201,
        body: {
          metadata: { generation: 1 },
          spec: {
            revisionHistoryLimit: 10,
            progressDeadlineSeconds: 600,
            strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
            template: {
              spec: {
                restartPolicy: 'Always',
                dnsPolicy: 'ClusterFirst',
                schedulerName: 'default-scheduler',
                terminationGracePeriodSeconds: 30,
              },
            },
          },
        },
      }),
    ],
  },
  {
    name: 'wants a selector that fits',
    steps: [
      post(
        DEPLOYMENTS,
        deployment({ selector: { matchLabels: { app: 'other' } } }),
        failure(422, 'Invalid', { message: has('`selector` does not match template `labels`') }),
      ),
    ],
  },
  {
    name: 'keeps a selector',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      put(
        `${DEPLOYMENTS}/{name}`,
        deployment({
          selector: { matchLabels: { app: '{name}', b: 'c' } },
          template: {
            metadata: { labels: { app: '{name}', b: 'c' } },
            spec: { containers: [{ name: 'main', image: 'x' }] },
          },
        }),
        failure(422, 'Invalid', { message: has('field is immutable') }),
      ),
    ],
  },
  {
    name: 'wants no negative numbers',
    steps: [
      post(
        DEPLOYMENTS,
        deployment({ replicas: -1 }),
        failure(422, 'Invalid', { message: has('must be greater than or equal to 0') }),
      ),
    ],
  },
  {
    name: 'wants users in range, and seconds of tolerations with an effect',
    steps: [
      post(
        DEPLOYMENTS,
        deployment({
          template: {
            metadata: { labels: { app: '{name}' } },
            spec: {
              containers: [{ name: 'main', image: 'x', securityContext: { runAsUser: 3_000_000_000 } }],
              securityContext: { runAsGroup: -1 },
              tolerations: [{ operator: 'Exists', tolerationSeconds: 1 }],
            },
          },
        }),
        failure(422, 'Invalid', {
          details: {
            name: '{name}',
            group: 'apps',
            kind: 'Deployment',
            causes: [
              {
                reason: 'FieldValueInvalid',
                message: 'Invalid value: 3000000000: must be between 0 and 2147483647, inclusive',
                field: 'spec.template.spec.containers[0].securityContext.runAsUser',
              },
              {
                reason: 'FieldValueInvalid',
                message: 'Invalid value: -1: must be between 0 and 2147483647, inclusive',
                field: 'spec.template.spec.securityContext.runAsGroup',
              },
              {
                reason: 'FieldValueInvalid',
                message: `Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
                field: 'spec.template.spec.tolerations[0].effect',
              },
            ],
          },
        }),
      ),
    ],
  },
  {
    name: 'writes status at its own place only',
    steps: [
      post(DEPLOYMENTS, { ...deployment(), status: { replicas: 5 } }, CREATED),
      put(
        `${DEPLOYMENTS}/{name}`,
        { ...deployment(), status: { replicas: 7 } },
        { code: 200, body: { status: expect.not.objectContaining({ replicas: 7 }) } },
      ),
    ],
  },
  {
    name: 'gives status',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      get(`${DEPLOYMENTS}/{name}/status`, { code: 200, body: { kind: 'Deployment' } }),
    ],
  },
  {
    name: 'gives scale',
    steps: [
      post(DEPLOYMENTS, deployment({ replicas: 0 }), CREATED),
      get(`${DEPLOYMENTS}/{name}/scale`, {
        code: 200,
        body: {
          kind: 'Scale',
          apiVersion: 'autoscaling/v1',
          spec: expect.any(Object),
          status: { selector: 'app={name}' },
        },
      }),
    ],
  },
  {
    name: 'scales',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      put(
        `${DEPLOYMENTS}/{name}/scale`,
        {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: '{name}', namespace: '{ns}' },
          spec: { replicas: 2 },
        },
        { code: 200, body: { spec: { replicas: 2 } } },
      ),
      get(`${DEPLOYMENTS}/{name}`, { code: 200, body: { spec: { replicas: 2 } } }),
      remove(`${DEPLOYMENTS}/{name}`, OK),
    ],
  },
  {
    name: 'knows no other subresource',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      get(
        `${CONFIG_MAP}/other`,
        failure(404, 'NotFound', { message: 'the server could not find the requested resource' }),
      ),
    ],
  },
  { name: 'knows no other resource', steps: [get('/api/v1/namespaces/{ns}/others', { code: 404 })] },
  {
    name: 'knows no POST to an object',
    steps: [post(CONFIG_MAP, configMap(), failure(405, 'MethodNotAllowed'))],
  },
  {
    name: 'counts generations of specs',
    steps: [
      post(DEPLOYMENTS, deployment(), CREATED),
      put(`${DEPLOYMENTS}/{name}`, deployment({ minReadySeconds: 3 }), {
        code: 200,
        body: { metadata: { generation: 2 } },
      }),
    ],
  },
];
