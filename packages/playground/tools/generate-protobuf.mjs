// Reads the protobuf form of the built-in kinds out of the Go modules of Kubernetes and writes data/protobuf.json:
//   K8S_MODULES=$(go env GOMODCACHE)/k8s.io K8S_VERSION=v0.36.3 node tools/generate-protobuf.mjs
// Field numbers and wire types come from generated.proto; JSON names, inlining and pointers from types.go.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { K8S_MODULES: modules, K8S_VERSION: version } = process.env;
if (modules === undefined || version === undefined) throw new Error('set K8S_MODULES and K8S_VERSION');

const api = JSON.parse(readFileSync(new URL('../data/built-in-api.json', import.meta.url), 'utf8'));

/** Folders with a generated.proto and types.go beside it. */
const FOLDERS = [
  ...[
    'admissionregistration',
    'apps',
    'authentication',
    'authorization',
    'batch',
    'certificates',
    'coordination',
    'core',
    'discovery',
    'events',
    'networking',
    'policy',
    'rbac',
    'scheduling',
    'storage',
  ].map((group) => `api@${version}/${group}/v1`),
  `api@${version}/autoscaling/v1`,
  `api@${version}/autoscaling/v2`,
  `apimachinery@${version}/pkg/apis/meta/v1`,
  `kube-aggregator@${version}/pkg/apis/apiregistration/v1`,
];

const messages = new Map();

for (const folder of FOLDERS) {
  const dir = join(modules, folder);
  const proto = readFileSync(join(dir, 'generated.proto'), 'utf8');
  const name = /^package ([\w.]+);/m.exec(proto)?.[1];
  const go = readStructs(dir);
  for (const [, message, body] of proto.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const tags = go.get(message) ?? new Map();
    const fields = [];
    for (const line of body.split('\n')) {
      const field = /^\s+(?:(optional|repeated) )?(map<string, ([\w.]+)>|[\w.]+) (\w+) = (\d+);/.exec(line);
      if (field === null) continue;
      const [, label, type, mapValue, protoName, number] = field;
      const tag = tags.get(Number(number)) ?? { json: protoName, isPointer: false, isInline: false };
      fields.push({
        number: Number(number),
        json: tag.json === '' ? protoName : tag.json,
        type: resolve(mapValue ?? type, name),
        flags: `${label === 'repeated' ? 'r' : ''}${mapValue === undefined ? '' : 'm'}${tag.isPointer ? 'p' : ''}${tag.isInline ? 'i' : ''}`,
      });
    }
    messages.set(`${name}.${message}`, fields);
  }
}

function resolve(type, at) {
  if (['string', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'bytes'].includes(type)) return type;
  return type.startsWith('.') ? type.slice(1) : `${at}.${type}`;
}

/** Struct fields by protobuf number. */
function readStructs(dir) {
  const structs = new Map();
  for (const file of readdirSync(dir)) {
    if (
      !file.endsWith('.go') ||
      file.endsWith('_test.go') ||
      file.startsWith('generated') ||
      file.startsWith('zz_')
    )
      continue;
    const text = readFileSync(join(dir, file), 'utf8');
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields = new Map();
      for (const line of body.split('\n')) {
        const match = /^\s+(?:(\w+)\s+)?([*[\]\w.]+)\s+`(.*)`/.exec(line);
        if (match === null) continue;
        const number = /protobuf:"[a-z0-9]+,(\d+),/.exec(match[3])?.[1];
        if (number === undefined) continue;
        const json = /json:"([^"]*)"/.exec(match[3])?.[1] ?? '';
        fields.set(Number(number), {
          json: json.split(',')[0],
          isPointer: match[2].startsWith('*'),
          isInline: json.includes(',inline'),
        });
      }
      structs.set(name, fields);
    }
  }
  return structs;
}

// The kinds that are served, and what they are made of.
const kinds = {};
const kept = new Map();
const SPECIAL = /(\.Time|\.MicroTime|\.Quantity|\.IntOrString|\.RawExtension|\.FieldsV1|\.Duration)$/;
const keep = (name) => {
  if (kept.has(name) || SPECIAL.test(name)) return;
  const fields = messages.get(name);
  if (fields === undefined) throw new Error(`no message ${name}`);
  kept.set(name, fields);
  for (const { type } of fields) if (type.includes('.')) keep(type);
};
const GO_PACKAGES = { 'rbac.authorization.k8s.io': 'rbac' };
const extra = [
  {
    group: '',
    version: 'v1',
    kind: 'DeleteOptions',
    message: 'k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  },
  { group: 'policy', version: 'v1', kind: 'Eviction', message: 'k8s.io.api.policy.v1.Eviction' },
  { group: 'autoscaling', version: 'v1', kind: 'Scale', message: 'k8s.io.api.autoscaling.v1.Scale' },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'TokenRequest',
    message: 'k8s.io.api.authentication.v1.TokenRequest',
  },
  { group: '', version: 'v1', kind: 'Binding', message: 'k8s.io.api.core.v1.Binding' },
];
for (const { group, version: at, kind, message } of [...api.resources, ...extra]) {
  if (group === 'apiextensions.k8s.io') continue; // its schemas have a form of their own in protobuf
  const short = group === '' ? 'core' : (GO_PACKAGES[group] ?? group.split('.')[0]);
  const name =
    message ??
    (group === 'apiregistration.k8s.io'
      ? `k8s.io.kube_aggregator.pkg.apis.apiregistration.${at}.${kind}`
      : `k8s.io.api.${short}.${at}.${kind}`);
  keep(name);
  kinds[`${group === '' ? '' : `${group}/`}${at} ${kind}`] = name;
}

const lines = [...kept.keys()]
  .sort()
  .map(
    (name) =>
      `    ${JSON.stringify(name)}: ${JSON.stringify(kept.get(name).map(({ number, json, type, flags }) => [number, json, type, flags]))}`,
  );
const text = `{
  "comment": "Generated from the Go modules of Kubernetes by tools/generate-protobuf.mjs. Do not edit.",
  "kinds": ${JSON.stringify(kinds, null, 2).replaceAll('\n', '\n  ')},
  "messages": {
${lines.join(',\n')}
  }
}
`;
writeFileSync(new URL('../data/protobuf.json', import.meta.url), text);
