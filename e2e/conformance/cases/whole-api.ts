import { expect } from 'vitest';
import { CONFIG_MAPS, CREATED, failure, get, OK, patch, post, remove } from '../api-case.ts';
import type { ApiCase } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const contains = (item: object): unknown => expect.arrayContaining([expect.objectContaining(item)]);
const SAR = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const sar = (spec: object): object => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  spec,
});
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const as = (user: string, group?: string): Record<string, string> => ({
  'impersonate-user': user,
  ...(group === undefined ? {} : { 'impersonate-group': group }),
});

/** Discovery, documents, identity, namespaces. */
export const wholeApi: readonly ApiCase[] = [
  {
    name: 'tells its version',
    steps: [get('/version', { code: 200, body: { major: '1', minor: '36', gitVersion: has('v1.36.3') } })],
  },
  {
    name: 'is alive',
    steps: [
      get('/livez', { code: 200, body: 'ok' }),
      get('/readyz', { code: 200, body: 'ok' }),
      get('/healthz', { code: 200, body: 'ok' }),
    ],
  },
  {
    name: 'knows no such path of its API',
    steps: [
      '/api/v2',
      '/api/v1/nothing',
      '/api/v1/namespaces/{ns}/nothing/x',
      '/api/v1/namespaces/{ns}/configmaps/x/nothing',
      '/apis/apps/v9',
      '/apis/apps/v1/nothing',
    ].map((path) =>
      get(
        path,
        failure(404, 'NotFound', {
          message: 'the server could not find the requested resource',
          details: {},
        }),
      ),
    ),
  },
  {
    name: 'is no web site',
    steps: [
      '/nothing',
      '/healthz/nothing',
      '/openapi/v4',
      '/apis/nothing.example.com',
      '/apis/nothing.example.com/v1',
      '/apis/nothing.example.com/v1/things',
    ].map((path) => get(path, { code: 404, body: '404 page not found\n' })),
  },
  {
    name: 'lists versions of the core',
    steps: [get('/api', { code: 200, body: { kind: 'APIVersions', versions: ['v1'] } })],
  },
  {
    name: 'lists groups',
    steps: [
      get('/apis', {
        code: 200,
        body: {
          kind: 'APIGroupList',
          groups: contains({ name: 'apps', preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } }),
        },
      }),
    ],
  },
  {
    name: 'tells of a group',
    steps: [get('/apis/apps', { code: 200, body: { kind: 'APIGroup', name: 'apps' } })],
  },
  {
    name: 'lists resources of the core',
    steps: [
      get('/api/v1', {
        code: 200,
        body: {
          kind: 'APIResourceList',
          groupVersion: 'v1',
          resources: contains({
            name: 'configmaps',
            singularName: 'configmap',
            namespaced: true,
            kind: 'ConfigMap',
            shortNames: ['cm'],
          }),
        },
      }),
    ],
  },
  {
    name: 'lists what pods can do',
    steps: [
      get('/api/v1', {
        code: 200,
        body: {
          resources: expect.arrayContaining(
            ['attach', 'exec', 'log', 'portforward'].map((name): unknown =>
              expect.objectContaining({ name: `pods/${name}`, namespaced: true }),
            ),
          ),
        },
      }),
    ],
  },
  {
    name: 'lists resources of a group',
    steps: [
      get('/apis/apps/v1', {
        code: 200,
        body: {
          groupVersion: 'apps/v1',
          resources: contains({
            name: 'deployments/scale',
            kind: 'Scale',
            group: 'autoscaling',
            version: 'v1',
          }),
        },
      }),
    ],
  },
  {
    name: 'gives discovery in one piece',
    steps: [
      get(
        '/apis',
        {
          code: 200,
          body: {
            kind: 'APIGroupDiscoveryList',
            apiVersion: 'apidiscovery.k8s.io/v2',
            items: contains({ metadata: expect.objectContaining({ name: 'apps' }) }),
          },
        },
        { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
      ),
    ],
  },
  {
    name: 'knows no other group',
    steps: [get('/apis/other.example.com', { code: 404 }), get('/apis/other.example.com/v1', { code: 404 })],
  },
  { name: 'knows no other path', steps: [get('/other', { code: 404 })] },
  {
    name: 'describes itself',
    steps: [
      get('/openapi/v3', {
        code: 200,
        body: { paths: { 'api/v1': { serverRelativeURL: has('/openapi/v3/api/v1?hash=') } } },
      }),
      get('/openapi/v3/apis/apps/v1', {
        code: 200,
        body: {
          openapi: has('3.0'),
          components: { schemas: { 'io.k8s.api.apps.v1.Deployment': { type: 'object' } } },
        },
      }),
    ],
  },
  {
    name: 'describes itself to old clients',
    steps: [
      get('/openapi/v2', {
        code: 200,
        body: { swagger: '2.0', definitions: { 'io.k8s.api.core.v1.ConfigMap': { type: 'object' } } },
      }),
    ],
  },
  {
    name: 'knows who asks',
    steps: [
      post(
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        {
          code: 201,
          body: {
            status: {
              userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
            },
          },
        },
      ),
    ],
  },
  {
    name: 'lets administrators be others',
    steps: [
      post(
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        {
          code: 201,
          body: {
            status: {
              userInfo: {
                username: 'jane',
                groups: ['team', 'system:authenticated'],
                extra: { scopes: ['a'] },
              },
            },
          },
        },
        { ...as('jane', 'team'), 'impersonate-extra-scopes': 'a' },
      ),
    ],
  },
  {
    name: 'refuses others',
    steps: [
      get(
        CONFIG_MAPS,
        failure(403, 'Forbidden', {
          message:
            'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "{ns}"',
          details: { kind: 'configmaps' },
        }),
        as('jane'),
      ),
    ],
  },
  {
    name: 'refuses others one object',
    steps: [
      get(
        `${CONFIG_MAPS}/{name}`,
        failure(403, 'Forbidden', {
          message:
            'configmaps "{name}" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "{ns}"',
        }),
        as('jane'),
      ),
    ],
  },
  {
    name: 'refuses others paths',
    steps: [
      get(
        '/metrics',
        failure(403, 'Forbidden', { message: 'forbidden: User "jane" cannot get path "/metrics"' }),
        as('jane'),
      ),
    ],
  },
  {
    name: 'refuses groups without a user',
    steps: [get(CONFIG_MAPS, { code: 400 }, { 'impersonate-group': 'x' })],
  },
  {
    name: 'refuses wrong tokens',
    steps: [
      post(
        '/apis/authentication.k8s.io/v1/tokenreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } },
        { code: 201, body: { status: expect.not.objectContaining({ authenticated: true }) } },
      ),
    ],
  },
  {
    name: 'reviews access that is given',
    steps: [
      post(
        SAR,
        sar({
          user: 'jane',
          groups: ['system:masters'],
          resourceAttributes: { verb: 'get', resource: 'pods' },
        }),
        { code: 201, body: { status: { allowed: true } } },
      ),
    ],
  },
  {
    name: 'reviews access that is not given',
    steps: [
      post(SAR, sar({ user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } }), {
        code: 201,
        body: { status: { allowed: false } },
      }),
    ],
  },
  { name: 'wants something to review', steps: [post(SAR, sar({ user: 'jane' }), failure(422, 'Invalid'))] },
  {
    name: 'gives roles effect',
    steps: [
      post(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: '{name}' },
          rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
        },
        CREATED,
      ),
      post(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: '{name}' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: '{name}' },
          subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: '{name}' }],
        },
        CREATED,
      ),
    ],
  },
  {
    name: 'keeps what a binding refers to',
    steps: [
      post(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: '{name}' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one' },
        },
        CREATED,
      ),
      patch(
        'merge',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings/{name}',
        { roleRef: { name: 'two' } },
        failure(422, 'Invalid', { message: has('cannot change roleRef') }),
      ),
    ],
  },
  {
    name: 'issues tokens',
    steps: [
      post(
        '/api/v1/namespaces/{ns}/serviceaccounts',
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: '{name}' } },
        CREATED,
      ),
      post(
        '/api/v1/namespaces/{ns}/serviceaccounts/{name}/token',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
        {
          code: 201,
          body: { kind: 'TokenRequest', spec: { expirationSeconds: 3600 }, status: { token: has('.') } },
        },
      ),
      post(
        '/api/v1/namespaces/{ns}/serviceaccounts/{name}/token',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 1 } },
        failure(422, 'Invalid', { message: has('may not specify a duration less than 10 minutes') }),
      ),
    ],
  },
  {
    name: 'makes and ends namespaces',
    steps: [
      post(
        '/api/v1/namespaces',
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{name}' } },
        {
          code: 201,
          body: {
            metadata: { labels: { 'kubernetes.io/metadata.name': '{name}' } },
            spec: { finalizers: ['kubernetes'] },
            status: { phase: 'Active' },
          },
        },
      ),
      remove('/api/v1/namespaces/{name}', { code: 200, body: { status: { phase: 'Terminating' } } }),
    ],
  },
  {
    name: 'keeps the namespaces it needs',
    steps: [
      remove(
        '/api/v1/namespaces/kube-system',
        failure(403, 'Forbidden', { message: has('this namespace may not be deleted') }),
      ),
    ],
  },
  {
    name: 'refuses names of namespaces that are none',
    steps: [
      post(
        '/api/v1/namespaces',
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } },
        failure(422, 'Invalid'),
      ),
    ],
  },
  {
    name: 'refuses definitions without a structure',
    steps: [
      post(
        CRDS,
        {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: { name: 'things.{name}.example.com' },
          spec: {
            group: '{name}.example.com',
            scope: 'Namespaced',
            names: { plural: 'things', kind: 'Thing' },
            versions: [{ name: 'v1', served: true, storage: true }],
          },
        },
        failure(422, 'Invalid', { message: has('spec.versions[0].schema.openAPIV3Schema: Required value') }),
      ),
    ],
  },
  {
    name: 'refuses definitions under another name',
    steps: [
      post(
        CRDS,
        {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: { name: 'others.example.com' },
          spec: {
            group: '{name}.example.com',
            scope: 'Namespaced',
            names: { plural: 'things', kind: 'Thing' },
            versions: [
              { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
            ],
          },
        },
        failure(422, 'Invalid', { message: has('metadata.name') }),
      ),
    ],
  },
  {
    name: 'reads an object that only a watch is asked of',
    steps: [
      get('/api/v1/nodes', { code: 200, body: { kind: 'NodeList' } }),
      get('/api/v1/namespaces/kube-system', OK),
    ],
  },
];
