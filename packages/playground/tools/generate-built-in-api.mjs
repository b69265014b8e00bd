// Reads the built-in API out of a real kube-apiserver and writes data/built-in-api.json:
//   KUBE_URL=https://127.0.0.1:6443 KUBE_TOKEN=... node tools/generate-built-in-api.mjs
// The server must be fresh: its roles and bindings are taken for the bootstrap ones.
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';

const { KUBE_URL: base, KUBE_TOKEN: token } = process.env;
if (base === undefined || token === undefined) throw new Error('set KUBE_URL and KUBE_TOKEN');

const GROUPS = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);
// What an embedded control plane does not act on at all is not offered.
const LEFT_OUT = new Set([
  'bindings',
  'componentstatuses',
  'ipaddresses',
  'servicecidrs',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'volumeattachments',
  'volumeattributesclasses',
  'csidrivers',
  'csinodes',
  'csistoragecapacities',
]);

function get(path, accept = 'application/json') {
  return new Promise((resolve, reject) => {
    const call = request(
      `${base}${path}`,
      { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}`, accept } },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode !== 200) reject(new Error(`${path}: ${text}`));
          else resolve(JSON.parse(text));
        });
      },
    );
    call.on('error', reject);
    call.end();
  });
}

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const version = await get('/version');
const openApi = await get('/openapi/v2');
const lists = [await get('/api', DISCOVERY), await get('/apis', DISCOVERY)];

// Version 2 leaves out the defaults of fields; version 3 has them.
for (const { serverRelativeURL } of Object.values((await get('/openapi/v3')).paths)) {
  if (!/^\/openapi\/v3\/apis?\/.*v\d/.test(serverRelativeURL)) continue;
  const { components } = await get(serverRelativeURL);
  for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      const known = openApi.definitions[name]?.properties?.[key];
      if (known !== undefined && field.default !== undefined) known.default = field.default;
    }
  }
}

const schemaNames = new Map();
for (const [name, schema] of Object.entries(openApi.definitions)) {
  const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
  if (kinds.length === 1) {
    const [{ group, version: at, kind }] = kinds;
    schemaNames.set(`${group}/${at}/${kind}`, name);
  }
}

const resources = [];
for (const { metadata, versions } of lists.flatMap(({ items }) => items)) {
  const group = metadata?.name ?? '';
  if (!GROUPS.has(group)) continue;
  const [first] = versions; // the preferred one
  for (const item of first.resources) {
    if (LEFT_OUT.has(item.resource)) continue;
    const {
      resource,
      responseKind,
      scope,
      singularResource,
      verbs,
      shortNames,
      categories,
      subresources = [],
    } = item;
    const prefix = group === '' ? `/api/${first.version}` : `/apis/${group}/${first.version}`;
    const columns = verbs.includes('list')
      ? (await get(`${prefix}/${resource}?limit=1`, TABLE)).columnDefinitions
      : undefined;
    resources.push({
      group,
      version: first.version,
      resource,
      singular: singularResource,
      kind: responseKind.kind,
      namespaced: scope === 'Namespaced',
      verbs,
      shortNames,
      categories,
      subresources: subresources.map((sub) => ({
        name: sub.subresource,
        kind: sub.responseKind?.kind,
        group: sub.responseKind?.group || undefined,
        version: sub.responseKind?.version || undefined,
        verbs: sub.verbs,
      })),
      schema: schemaNames.get(`${group}/${first.version}/${responseKind.kind}`),
      columns,
    });
  }
}

const definitions = {};
const keep = (name) => {
  if (name in definitions) return;
  const schema = openApi.definitions[name];
  definitions[name] = schema;
  gatherReferences(schema, keep);
};
for (const { schema } of resources) if (schema !== undefined) keep(schema);
keep('io.k8s.api.autoscaling.v1.Scale');

function gatherReferences(value, found) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === '$ref' && typeof child === 'string') found(child.slice('#/definitions/'.length));
    else gatherReferences(child, found);
  }
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const rbac = [];
for (const [kind, path] of [
  ['ClusterRole', 'clusterroles'],
  ['ClusterRoleBinding', 'clusterrolebindings'],
  ['Role', 'roles'],
  ['RoleBinding', 'rolebindings'],
]) {
  for (const item of (await get(`${RBAC}/${path}`)).items) {
    const { name, namespace, labels, annotations } = item.metadata;
    const metadata = { name, namespace, labels, annotations };
    const { metadata: _a, kind: _b, apiVersion: _c, ...rest } = item;
    // What aggregation filled in is filled in again.
    if (rest.aggregationRule !== undefined) rest.rules = [];
    rbac.push({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, ...rest });
  }
}

const lines = (items) => items.map((item) => `    ${item}`).join(',\n');
const sorted = Object.keys(definitions).sort();
const text = `{
  "comment": "Generated from a real kube-apiserver by tools/generate-built-in-api.mjs. Do not edit.",
  "version": ${JSON.stringify(version)},
  "resources": [
${lines(resources.map((item) => JSON.stringify(item)))}
  ],
  "rbac": [
${lines(rbac.map((item) => JSON.stringify(item)))}
  ],
  "definitions": {
${lines(sorted.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`))}
  }
}
`;
writeFileSync(new URL('../data/built-in-api.json', import.meta.url), text);
