import { expect } from 'vitest';
import {
  CONFIG_MAP,
  CONFIG_MAPS,
  configMap,
  CREATED,
  failure,
  get,
  patch,
  post,
  remove,
} from '../api-case.ts';
import type { ApiCase, Want } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const YAML = { 'content-type': 'application/yaml' };
const BAD: Want = failure(400, 'BadRequest');
const INVALID: Want = failure(422, 'Invalid');

/** A ConfigMap as text, which can say what JSON.stringify cannot. */
const text = (more: string): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{name}"},${more}}`;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const create = (why: string, body: unknown, want: Want): ApiCase => ({
  name: why,
  steps: [post(CONFIG_MAPS, body, want)],
});
const createYaml = (why: string, body: string, want: Want): ApiCase => ({
  name: why,
  steps: [post(CONFIG_MAPS, body, want, YAML)],
});

/** A value that has these keys of its own: matching against an object would look at its prototype. */
const ownKeys = (...keys: readonly string[]): unknown => ({
  asymmetricMatch: (value: unknown) =>
    typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key)),
});

const json: readonly ApiCase[] = [
  create('refuses a comma that nothing follows', text('"data":{"a":"1",}'), BAD),
  create('refuses comments', text('/* no */ "data":{}'), BAD),
  create('refuses single quotes', text(`'data':{}`), BAD),
  create('refuses numbers that JSON does not know', text('"data":{"a":NaN}'), BAD),
  create('refuses what follows an object', `${text('"data":{}')} more`, BAD),
  create('refuses a control character in text', text('"data":{"a":"\u0001"}'), BAD),
  create(
    'says which field has a wrong type, in the words of Go',
    configMap({ a: 1 }),
    failure(400, 'BadRequest', {
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    }),
  ),
  create('refuses numbers that no field can hold', text('"immutable":1e400'), BAD),
  create('takes null for nothing', configMap({}, { labels: null, annotations: null }), CREATED),
  create(
    'takes half a surrogate pair for a mistake in the text',
    String.raw`${text('"data":{"a":"\ud800"}')}`,
    {
      code: 201,
      body: { data: { a: '\uFFFD' } },
    },
  ),
  create('reads 9,990 levels of what it does not know', text(`"spam":${nested(9990)}`), {
    code: 201,
    headers: { warning: has('unknown field') },
  }),
  create(
    'reads no more than 10,000 levels',
    text(`"spam":${nested(10_001)}`),
    failure(400, 'BadRequest', { message: has('exceeded max depth') }),
  ),
  create('keeps __proto__ and constructor as data', text('"data":{"__proto__":"1","constructor":"2"}'), {
    code: 201,
    body: { data: ownKeys('__proto__', 'constructor') },
  }),
  {
    name: 'keeps __proto__ as a key of text that becomes bytes',
    steps: [
      post(
        '/api/v1/namespaces/{ns}/secrets',
        '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{name}"},"stringData":{"__proto__":"hello"}}',
        { code: 201, body: { data: ownKeys('__proto__') } },
      ),
    ],
  },
  {
    name: 'refuses options with integers that no number can hold',
    steps: [remove(CONFIG_MAP, BAD, '{"apiVersion":{"a":9007199254740993},"kind":"ConfigMap"}')],
  },
  create('does not know __proto__ where a field is meant', text('"__proto__":{"data":{"a":"1"}}'), {
    code: 201,
    body: expect.not.objectContaining({ data: has('') }),
    headers: { warning: String.raw`299 - "unknown field \"__proto__\""` },
  }),
  create(
    'reads no more than 3 MiB',
    configMap({ a: 'x'.repeat(3 * 1024 * 1024) }),
    failure(413, 'RequestEntityTooLarge'),
  ),
  create(
    'keeps no more than 1 MiB in a ConfigMap',
    configMap({ a: 'x'.repeat(1024 * 1024 + 1) }),
    failure(422, 'Invalid', { details: { causes: [{ reason: 'FieldValueTooLong' }] } }),
  ),
];

const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n';
const yaml: readonly ApiCase[] = [
  createYaml('refuses tabs in YAML', `${head}data:\n\ta: b\n`, BAD),
  createYaml('refuses YAML that ends early', `${head}data: {a: b\n`, BAD),
  createYaml(
    'refuses aliases of aliases, which grow without end',
    `${head}a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
      .map((key, index) => {
        const before = '*' + ('abcdefgh'[index] ?? '');
        return `${key}: &${key} [${Array.from({ length: 9 }, () => before).join(',')}]`;
      })
      .join('\n')}\n`,
    BAD,
  ),
  createYaml('takes the first of two documents', `${head}data: {a: one}\n---\n${head}data: {a: two}\n`, {
    code: 201,
    body: { data: { a: 'one' } },
  }),
  createYaml('puts aliases in', `${head}data:\n  a: &x one\n  b: *x\n`, {
    code: 201,
    body: { data: { a: 'one', b: 'one' } },
  }),
];

const names: readonly ApiCase[] = [
  create('refuses a name of 254 characters', configMap({}, { name: 'a'.repeat(254) }), INVALID),
  create('refuses a name with a slash', configMap({}, { name: 'a/b' }), INVALID),
  create('refuses a key that climbs', configMap({ '..': '1' }), INVALID),
  create('refuses a label of 64 characters', configMap({}, { labels: { a: 'x'.repeat(64) } }), INVALID),
  create(
    'refuses annotations of more than 256 KiB',
    configMap({}, { annotations: { a: 'x'.repeat(256 * 1024) } }),
    INVALID,
  ),
  create(
    'wants whole owner references',
    configMap({}, { ownerReferences: [{}] }),
    failure(422, 'Invalid', {
      details: {
        causes: [
          { field: 'metadata.ownerReferences.apiVersion' },
          { field: 'metadata.ownerReferences.kind' },
          { field: 'metadata.ownerReferences.name' },
          { field: 'metadata.ownerReferences.uid' },
        ],
      },
    }),
  ),
  create(
    'makes a name of 63 characters out of a long beginning',
    configMap({}, { name: undefined, generateName: 'g'.repeat(250) }),
    { code: 201, body: { metadata: { name: expect.stringMatching(/^g{58}[a-z0-9]{5}$/) } } },
  ),
  create(
    'looks at the beginning of a name as well',
    configMap({}, { generateName: 'A_' }),
    failure(422, 'Invalid', { details: { causes: [{ field: 'metadata.generateName' }] } }),
  ),
  create(
    'refuses keys that could not be files',
    configMap({ '.': '1', '..a': '1', ['k'.repeat(254)]: '1' }),
    failure(422, 'Invalid', { details: { causes: [{}, {}, {}] } }),
  ),
  create('refuses a key of text and of bytes', { ...configMap(), binaryData: { a: '' } }, INVALID),
  { name: 'knows no name that climbs', steps: [get(`${CONFIG_MAPS}/%2E%2E`, BAD)] },
  { name: 'knows no name with a slash in a path', steps: [get(`${CONFIG_MAPS}/a%2Fb`, { code: 404 })] },
  { name: 'knows no path with an empty segment', steps: [get(`${CONFIG_MAPS}//a`, { code: 404 })] },
  { name: 'refuses a path that is not encoded well', steps: [get(`${CONFIG_MAPS}/%zz`, { code: 400 })] },
  { name: 'refuses a target of more than 1 MiB', steps: [get(`/${'a'.repeat(1_100_000)}`, { code: 431 })] },
  {
    name: 'refuses headers of more than 1 MiB',
    steps: [get(CONFIG_MAPS, { code: 431 }, { 'x-spam': 'a'.repeat(1_100_000) })],
  },
];

const selectors: readonly ApiCase[] = [
  ...[
    'a in',
    'a=b=c',
    '!',
    'a notin b',
    'a in (b',
    '=',
    'a,,b',
    'a b',
    `a=${'x'.repeat(64)}`,
    '-a=b',
    'a>b',
  ].map((selector): ApiCase => ({
    name: `refuses the selector ${selector.slice(0, 20)}`,
    steps: [get(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`, BAD)],
  })),
  ...['metadata.name', 'metadata.name>a', String.raw`metadata.name=a\b`].map((selector): ApiCase => ({
    name: `refuses the field selector ${selector}`,
    steps: [get(`${CONFIG_MAPS}?fieldSelector=${encodeURIComponent(selector)}`, BAD)],
  })),
];

const apply = `${CONFIG_MAP}?fieldManager=test`;
const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }));
const bomb = Array.from({ length: 40 }, (_, index) => ({
  op: 'copy',
  from: '/data',
  path: `/data/c${index}`,
}));

const patches: readonly ApiCase[] = [
  {
    name: 'refuses to make another kind of an object',
    steps: [post(CONFIG_MAPS, configMap(), CREATED), patch('merge', CONFIG_MAP, { kind: 'Secret' }, INVALID)],
  },
  {
    name: 'refuses a patch that leaves no object',
    steps: [post(CONFIG_MAPS, configMap(), CREATED), patch('merge', CONFIG_MAP, { metadata: 'a' }, INVALID)],
  },
  {
    name: 'refuses directives that it does not know',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch('strategic', CONFIG_MAP, { $patch: 'spam' }, { code: 500 }),
    ],
  },
  {
    name: 'refuses more than 10,000 operations',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch('json', CONFIG_MAP, many, failure(413, 'RequestEntityTooLarge')),
    ],
  },
  {
    name: 'refuses copies of copies',
    steps: [
      post(CONFIG_MAPS, configMap({ a: 'x'.repeat(1000) }), CREATED),
      patch('json', CONFIG_MAP, bomb, INVALID),
    ],
  },
  {
    name: 'takes __proto__ in a patch for a key',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch('merge', CONFIG_MAP, '{"data":{"__proto__":"1"}}', {
        code: 200,
        body: { data: ownKeys('a', '__proto__') },
      }),
    ],
  },
  { name: 'refuses to apply what is no YAML', steps: [patch('apply', apply, 'a: b: c', BAD)] },
  { name: 'refuses to apply a list', steps: [patch('apply', apply, '[]', BAD)] },
  {
    name: 'refuses to apply another kind',
    steps: [patch('apply', apply, { apiVersion: 'v1', kind: 'Secret' }, failure(400, 'BadRequest', {}))],
  },
  {
    name: 'refuses to apply a wrong type, without a reason',
    steps: [patch('apply', apply, { apiVersion: 'v1', kind: 'ConfigMap', data: { a: [1] } }, { code: 500 })],
  },
];

/** What no client should send, and what it gets for it. The control plane goes on, as the cases after these show. */
export const badInput: readonly ApiCase[] = [...json, ...yaml, ...names, ...selectors, ...patches];
