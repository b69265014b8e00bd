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
} from '../api-case.ts';
import type { ApiCase } from '../api-case.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const STRICT = 'fieldValidation=Strict';
const YAML = { 'content-type': 'application/yaml' };
const DECODING = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ';

/** A ConfigMap as text, which can say things twice. */
const text = (more: string): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{name}"},${more}}`;
const twice = text('"data":{"a":"1","a":"2"}');
const yamlTwice = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: "1"\n  a: "2"\n';

/** Keys that stand twice, and fields that nobody knows. */
export const strictness: readonly ApiCase[] = [
  {
    name: 'refuses keys that stand twice when strict',
    steps: [
      post(
        `${CONFIG_MAPS}?${STRICT}`,
        twice,
        failure(400, 'BadRequest', { message: `${DECODING}duplicate field "data.a"` }),
      ),
      get(CONFIG_MAP, { code: 404 }),
    ],
  },
  {
    name: 'warns of keys that stand twice, and takes the last',
    steps: [
      post(CONFIG_MAPS, twice, {
        code: 201,
        body: { data: { a: '2' } },
        headers: { warning: String.raw`299 - "duplicate field \"data.a\""` },
      }),
    ],
  },
  {
    name: 'says nothing of them when told so',
    steps: [
      post(`${CONFIG_MAPS}?fieldValidation=Ignore`, twice, {
        code: 201,
        body: { data: { a: '2' } },
        headers: expect.not.objectContaining({ warning: has('') }) as Record<string, unknown>,
      }),
    ],
  },
  {
    name: 'lists mistakes in the order of the text',
    steps: [
      post(
        `${CONFIG_MAPS}?${STRICT}`,
        '{"apiVersion":"v1","kind":"ConfigMap","extra":{"a":1,"a":2},"metadata":{"name":"{name}","more":1},"data":{"a":"1","a":"2"},"data":{"b":"1"}}',
        failure(400, 'BadRequest', {
          message: `${DECODING}unknown field "extra", unknown field "metadata.more", duplicate field "data.a", duplicate field "data"`,
        }),
      ),
    ],
  },
  {
    name: 'names a line of YAML',
    steps: [
      post(
        `${CONFIG_MAPS}?${STRICT}`,
        `${yamlTwice}extra: 1\n`,
        failure(400, 'BadRequest', {
          message: `${DECODING}yaml: unmarshal errors:\n  line 7: key "a" already set in map, unknown field "extra"`,
        }),
        YAML,
      ),
      post(
        CONFIG_MAPS,
        yamlTwice,
        { code: 201, headers: { warning: String.raw`299 - "line 7: key \"a\" already set in map"` } },
        YAML,
      ),
    ],
  },
  {
    name: 'is strict about what replaces',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      put(`${CONFIG_MAP}?${STRICT}`, twice, failure(400, 'BadRequest', { message: has('duplicate field') })),
    ],
  },
  {
    name: 'is strict about merge patches, which are invalid then',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'merge',
        `${CONFIG_MAP}?${STRICT}`,
        '{"data":{"a":"3","a":"4"},"extra":1}',
        failure(422, 'Invalid', {
          message: has('strict decoding error: duplicate field "data.a", unknown field "extra"'),
          details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] },
        }),
      ),
      get(CONFIG_MAP, { code: 200, body: { data: { a: '1' } } }),
    ],
  },
  {
    name: 'shows a strategic merge patch as Go does',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'strategic',
        `${CONFIG_MAP}?${STRICT}`,
        '{"data":{"a":"3","a":"4"},"extra":[1,null]}',
        failure(422, 'Invalid', {
          message:
            ' "" is invalid: patch: Invalid value: "map[data:map[a:4] extra:[1 <nil>]]": strict decoding error: duplicate field "data.a", unknown field "extra"',
        }),
      ),
    ],
  },
  {
    name: 'is strict about operations',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'json',
        `${CONFIG_MAP}?${STRICT}`,
        '[{"op":"add","op":"add","path":"/data/b","value":"1","extra":1}]',
        failure(422, 'Invalid', {
          message: has('json patch duplicate field "[0].op", json patch unknown field "[0].extra"'),
        }),
      ),
      patch('json', CONFIG_MAP, '[{"op":"add","op":"add","path":"/data/b","value":"1"}]', {
        code: 200,
        body: { data: { a: '1', b: '1' } },
        headers: { warning: String.raw`299 - "json patch duplicate field \"[0].op\""` },
      }),
    ],
  },
  {
    name: 'is strict about what is applied',
    steps: [
      post(CONFIG_MAPS, configMap(), CREATED),
      patch(
        'apply',
        `${CONFIG_MAP}?fieldManager=one&force=true&${STRICT}`,
        yamlTwice,
        failure(400, 'BadRequest', {
          message:
            'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "a" already set in map',
        }),
      ),
      patch('apply', `${CONFIG_MAP}?fieldManager=one&force=true`, yamlTwice, {
        code: 200,
        body: { data: { a: '2' } },
        headers: { warning: String.raw`299 - "line 7: key \"a\" already set in map"` },
      }),
    ],
  },
  {
    name: 'says each thing once, and quotes what headers cannot carry',
    steps: [
      post(CONFIG_MAPS, text(String.raw`"x\"y":1,"x\"y":2,"z":1`), {
        code: 201,
        headers: {
          warning: String.raw`299 - "unknown field \"x\\\"y\"", 299 - "unknown field \"z\""`,
        },
      }),
    ],
  },
  {
    name: 'warns no further than 4096 characters',
    steps: [
      post(
        CONFIG_MAPS,
        text(Array.from({ length: 60 }, (_, index) => `"${'k'.repeat(300)}${index}":1`).join(',')),
        {
          code: 201,
          headers: { warning: expect.stringMatching(/^(?:299 - "unknown field \\"k{241}"(?:, |$)){16}$/) },
        },
      ),
    ],
  },
  {
    name: 'takes what is right',
    steps: [post(`${CONFIG_MAPS}?${STRICT}`, configMap(), CREATED), get(CONFIG_MAP, OK)],
  },
];
