// Sends the same random writes (creates, applies, patches) to an embedded control plane and to a real
// kube-apiserver, and compares every answer: objects with their record of owners, or errors.
//   KUBE_URL=https://127.0.0.1:6443 KUBE_TOKEN=... \
//     node --conditions=@clusternet/source packages/playground/tools/compare-apply.mjs [seed] [objects]
// Run by hand, after changes to patches, defaults or server-side apply. Controllers of the real cluster must be off.
import { Agent, request } from 'node:https';
import { startControlPlane } from '../src/index.ts';

const { KUBE_URL: url, KUBE_TOKEN: token } = process.env;
if (url === undefined || token === undefined) throw new Error('set KUBE_URL and KUBE_TOKEN');
let seed = Number(process.argv[2] ?? 1);
const objects = Number(process.argv[3] ?? 50);

const random = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
const chance = (share) => random() < share;
const pick = (list) => list[Math.floor(random() * list.length)];
const digit = () => pick(['1', '2', '3']);
const some = (list, share = 0.5) =>
  list
    .map((item) => [random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
    .filter(() => chance(share));
const maybe = (share, key, create) => (chance(share) ? { [key]: create() } : {});

function connect(options, headers = {}) {
  const agent = new Agent({ keepAlive: true });
  return (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const framing =
        text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) };
      const call = request(
        { ...options, agent, method, path, headers: { ...headers, ...framing } },
        (answer) => {
          const chunks = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.on('end', () => {
            // A kind that is not served yet is answered in plain text.
            const isJson = answer.headers['content-type']?.startsWith('application/json');
            const received = Buffer.concat(chunks).toString('utf8');
            resolve({ code: answer.statusCode, body: isJson ? JSON.parse(received) : {} });
          });
        },
      );
      call.on('error', reject);
      call.end(text);
    });
}

const field = (type, more = {}) => ({ type, ...more });
const text = field('string');
const THING = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.compare.example.com' },
  spec: {
    group: 'compare.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: field('object', {
            properties: {
              spec: field('object', {
                properties: {
                  scalar: text,
                  number: field('integer', { default: 7 }),
                  map: field('object', { additionalProperties: text }),
                  struct: field('object', {
                    properties: { x: text, y: field('object', { properties: { z: text } }) },
                  }),
                  atomic: field('object', {
                    'x-kubernetes-map-type': 'atomic',
                    properties: { p: text, q: text },
                  }),
                  keyed: field('array', {
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['k'],
                    items: field('object', {
                      required: ['k'],
                      properties: { k: text, v: text, w: field('object', { additionalProperties: text }) },
                    }),
                  }),
                  set: field('array', { 'x-kubernetes-list-type': 'set', items: text }),
                  list: field('array', { items: text }),
                  free: field('object', { 'x-kubernetes-preserve-unknown-fields': true }),
                },
              }),
            },
          }),
        },
      },
    ],
  },
};

const createThingSpec = () => ({
  ...maybe(0.5, 'scalar', digit),
  ...maybe(0.3, 'number', () => Math.floor(random() * 3)),
  ...maybe(0.5, 'map', () => Object.fromEntries(some(['x', 'y', 'z'], 0.4).map((key) => [key, digit()]))),
  ...maybe(0.4, 'struct', () => ({
    ...maybe(0.5, 'x', digit),
    ...maybe(0.5, 'y', () => maybe(0.5, 'z', digit)),
  })),
  ...maybe(0.3, 'atomic', () => ({ p: digit() })),
  ...maybe(0.6, 'keyed', () =>
    some(['a', 'b', 'c', 'd']).map((k) => ({
      k,
      ...maybe(0.6, 'v', digit),
      ...maybe(0.2, 'w', () => ({ [pick(['i', 'j'])]: digit() })),
    })),
  ),
  ...maybe(0.4, 'set', () => some(['p', 'q', 'r'], 0.6)),
  ...maybe(0.3, 'list', () => some(['u', 'v'], 0.6)),
  ...maybe(0.3, 'free', () => ({ f: { g: digit(), h: [{ i: digit() }] } })),
});

const createContainer = (name) => ({
  name,
  image: `i:${digit()}`,
  ...maybe(0.4, 'env', () => some(['A', 'B', 'C']).map((key) => ({ name: key, value: digit() }))),
  ...maybe(0.4, 'ports', () =>
    some([80, 81]).map((port) => ({
      containerPort: port,
      ...maybe(0.5, 'name', () => `p${port}`),
      ...maybe(0.2, 'protocol', () => 'UDP'),
    })),
  ),
  ...maybe(0.3, 'args', () => ['x', digit()]),
  ...maybe(0.3, 'resources', () => ({ limits: { cpu: pick(['1000m', '1', '500m']) } })),
  ...maybe(0.2, 'volumeMounts', () => [{ name: 'v', mountPath: `/${digit()}` }]),
});

const createDeploymentSpec = () => ({
  ...maybe(0.5, 'replicas', () => Math.floor(random() * 3)),
  selector: { matchLabels: { app: 'x' } },
  ...maybe(0.2, 'strategy', () =>
    pick([{ type: 'Recreate' }, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }]),
  ),
  ...maybe(0.2, 'minReadySeconds', () => 2),
  template: {
    metadata: {
      labels: { app: 'x', ...maybe(0.3, 'extra', digit) },
      ...maybe(0.3, 'annotations', () => ({ [pick(['n1', 'n2'])]: digit() })),
    },
    spec: {
      containers: ['c1', ...some(['c2'], 0.4)].map(createContainer),
      ...maybe(0.2, 'nodeSelector', () => ({ [pick(['a', 'b'])]: digit() })),
      ...maybe(0.2, 'tolerations', () => [{ key: digit(), operator: 'Exists' }]),
      volumes: [{ name: 'v', emptyDir: {} }],
      ...maybe(0.2, 'imagePullSecrets', () => [{ name: `s${digit()}` }]),
    },
  },
});

const KINDS = [
  {
    base: '/apis/compare.example.com/v1/namespaces/default/things',
    type: { apiVersion: 'compare.example.com/v1', kind: 'Thing' },
    createSpec: createThingSpec,
    createPatch: () => ({
      spec: {
        ...createThingSpec(),
        ...(chance(0.3) ? { [pick(['scalar', 'map', 'keyed', 'struct'])]: null } : {}),
      },
    }),
    patchTypes: ['merge'],
  },
  {
    base: '/apis/apps/v1/namespaces/default/deployments',
    type: { apiVersion: 'apps/v1', kind: 'Deployment' },
    createSpec: createDeploymentSpec,
    createPatch: () =>
      chance(0.2)
        ? { spec: { template: { spec: { containers: [{ name: 'c2', $patch: 'delete' }] } } } }
        : { spec: chance(0.5) ? createDeploymentSpec() : { replicas: Math.floor(random() * 3) } },
    patchTypes: ['strategic-merge'],
  },
];

function createStep({ base, type, createSpec, createPatch, patchTypes }, name, isFirst) {
  const metadata = { name, ...maybe(0.3, 'labels', () => ({ [pick(['l1', 'l2'])]: digit() })) };
  const object = { ...type, metadata, spec: createSpec() };
  if (isFirst && chance(0.4)) return ['POST', `${base}?fieldManager=creator`, object];
  if (isFirst || chance(0.6)) {
    const query = `fieldManager=${pick(['m1', 'm2'])}${chance(0.6) ? '&force=true' : ''}`;
    return ['PATCH', `${base}/${name}?${query}`, object, 'application/apply-patch+yaml'];
  }
  return [
    'PATCH',
    `${base}/${name}?fieldManager=u`,
    createPatch(),
    `application/${pick(patchTypes)}-patch+json`,
  ];
}

const sortKeys = (value) =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, sortKeys(value[key])]),
        )
      : value;

/** What has to be alike: no times, no numbers of writes, nothing that the other cluster's controllers add. */
function show({ code, body }) {
  if (code >= 300) {
    const causes = (body.details?.causes ?? []).map(({ field: at, message }) => `${at} ${message}`).sort();
    return JSON.stringify({ code, reason: body.reason, causes });
  }
  const {
    uid: _u,
    resourceVersion: _r,
    creationTimestamp: _c,
    managedFields = [],
    annotations = {},
    ...metadata
  } = body.metadata;
  const { 'deployment.kubernetes.io/revision': _v, ...kept } = annotations;
  const owners = managedFields
    .filter(({ manager }) => manager !== 'kube-controller-manager')
    .map(({ time: _t, ...owner }) => JSON.stringify(sortKeys(owner)))
    .sort();
  const { status: _s, ...rest } = body;
  return JSON.stringify(sortKeys({ ...rest, metadata: { ...metadata, annotations: kept, owners } }));
}

const plane = await startControlPlane();
const { certPem, keyPem } = await plane.issueClientCertificate({ name: 'admin', groups: ['system:masters'] });
const embedded = connect({ host: plane.host, port: plane.port, ca: plane.caPem, cert: certPem, key: keyPem });
const { hostname, port } = new URL(url);
const real = connect(
  { host: hostname, port, rejectUnauthorized: false },
  { authorization: `Bearer ${token}` },
);

for (const call of [embedded, real]) {
  await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', THING);
  while ((await call('GET', '/apis/compare.example.com/v1').catch(() => ({}))).code !== 200);
}

let steps = 0;
let differences = 0;
for (let index = 0; index < objects; index += 1) {
  const kind = KINDS[index % KINDS.length];
  const name = `x${seed}`;
  const log = [];
  for (let step = 0; step < 7; step += 1) {
    const write = createStep(kind, name, step === 0);
    log.push(JSON.stringify(write));
    steps += 1;
    const [ours, theirs] = [show(await embedded(...write)), show(await real(...write))];
    if (ours === theirs) continue;
    differences += 1;
    process.stdout.write(
      `differs after\n${log.slice(-3).join('\n')}\nembedded ${ours}\nreal     ${theirs}\n`,
    );
    break;
  }
  for (const call of [embedded, real]) await call('DELETE', `${kind.base}/${name}`);
}
process.stdout.write(`${steps} writes, ${differences} differences\n`);
await plane[Symbol.asyncDispose]();
process.exit(differences === 0 ? 0 : 1);
