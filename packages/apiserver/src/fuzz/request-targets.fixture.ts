import { Readable } from 'node:stream';
import { stringifyJson } from '@clusternet/kube-data';
import { systemClock, systemRandom } from '@clusternet/runtime';
import fc from 'fast-check';
import { isApiError } from '../errors/api-error.ts';
import { parseRequestInfo } from '../filters/request-info.ts';
import { createApiRegistry } from '../registry/api-registry.ts';
import { parseQuery } from '../registry/query-values.ts';
import { serveStoredResource } from '../registry/serve-stored-resource.ts';
import { createApiHandler } from '../server/create-api-handler.ts';
import { parseHeaders } from '../server/header-map.ts';
import { negotiate } from '../server/negotiate.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { broken, json, keys } from './arbitraries.fixture.ts';
import type { FuzzTarget } from './fuzz-target.fixture.ts';
import { createContext, createThingBench } from './thing-bench.fixture.ts';
import type { ThingBench } from './thing-bench.fixture.ts';

const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');
const segment = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        'api',
        'apis',
        'v1',
        'example.com',
        'things',
        'namespaces',
        'ns',
        'x',
        'status',
        'scale',
        'proxy',
        'watch',
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(keys, fc.constantFrom('%', '%2F', '%00', '..', '.', '%E0%A4%A', 'openapi', 'v3')),
  },
);
const anyPath = fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join('/')}`);
const path = fc.oneof(
  anyPath,
  fc
    .constantFrom('', '/x', '/x/status', '/y')
    .map((rest) => `/apis/example.com/v1/namespaces/ns/things${rest}`),
);
const parameter = fc.constantFrom(
  ...[
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'labelSelector',
    'fieldSelector',
    'dryRun',
  ],
  ...[
    'fieldManager',
    'fieldValidation',
    'force',
    'propagationPolicy',
    'gracePeriodSeconds',
    'pretty',
    'export',
    'hash',
  ],
);
const argument = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    'true',
    'All',
    'Exact',
    'NotOlderThan',
    'Strict',
    'metadata.name=x',
    'a in (b)',
  ),
  fc.string({ maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%', '%zz', ';', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0'),
);
const query = fc
  .array(fc.tuple(parameter, argument), { maxLength: 3 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));

const AS = [
  'as=Table',
  'as=PartialObjectMetadata',
  'v=v1',
  'g=meta.k8s.io',
  'q=0.5',
  'q=x',
  'charset=utf-8',
  '=',
];
const accept = fc.oneof(
  fc
    .array(
      fc
        .tuple(
          fc.constantFrom('application/json', 'application/yaml', '*/*', 'application/*', 'text/html', ''),
          fc.array(fc.constantFrom(...AS), { maxLength: 4 }),
        )
        .map(([type, parameters]) => [type, ...parameters].join(';')),
      { maxLength: 3 },
    )
    .map((clauses) => clauses.join(',')),
  fc.string({ maxLength: 10 }),
);
const contentType = fc.constantFrom(
  ...['application/json', 'application/yaml', 'application/json-patch+json', 'application/merge-patch+json'],
  ...['application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'text/plain', ''],
);
const meta = fc.record(
  {
    name: fc.oneof(fc.constantFrom('x', 'y'), json),
    labels: json,
    managedFields: json,
    finalizers: json,
    uid: json,
  },
  { requiredKeys: [] },
);
const thing = fc.record(
  {
    apiVersion: fc.oneof({ weight: 5, arbitrary: fc.constant('example.com/v1') }, json),
    kind: fc.oneof({ weight: 5, arbitrary: fc.constant('Thing') }, json),
    metadata: fc.oneof({ weight: 5, arbitrary: meta }, json),
    spec: json,
  },
  { requiredKeys: [] },
);
const patch = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'test'),
    path: fc.constantFrom('/spec', '/metadata', '/kind', ''),
    value: json,
  }),
  { maxLength: 3 },
);
const body = fc.oneof(
  fc.oneof(thing, patch).map((value) => stringifyJson(value)),
  broken(
    thing.map((value) => stringifyJson(value)),
    ['{', '}', '"', ',', ':', '\\', ': ', '\n', '&a', '*a'],
  ),
  json.map((value) => stringifyJson(value)),
  fc.constant(''),
);

const call = fc.record({ method, path, query, accept, contentType, body });
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function createRequest({
  method: verb,
  path: at,
  query: text,
  accept: wanted,
  contentType: type,
  body: content,
}: Call): ApiRequest {
  const parameters = parseQuery(text);
  const { user } = createContext('');
  return {
    method: verb,
    url: `${at}?${text}`,
    path: at,
    query: parameters,
    headers: parseHeaders(['accept', wanted, 'content-type', type]),
    info: parseRequestInfo(verb, at, parameters),
    user,
    authentication: { user, method: 'anonymous' },
    httpVersion: '1.1',
    remoteAddress: '',
    body: Readable.from([]),
    assertAllowed: () => Promise.resolve(),
    readBody: () => Promise.resolve(Buffer.from(content)),
    decoders: new Map(),
  };
}

/** An answer that is counted, not sent. */
function createResponse(): { readonly response: ApiResponse; readonly answers: string[] } {
  const answers: string[] = [];
  const response = {
    setHeader: () => response,
    getHeader: () => undefined,
    removeHeader: () => undefined,
    writeHead: (code: number) => {
      answers.push(String(code));
      return response;
    },
    write: () => true,
    end: () => response,
  };
  return { response: response as unknown as ApiResponse, answers };
}

/**
 * A server of things, of which one is there.
 * @returns what answers a call with its code; it throws what is no answer
 */
export async function createThingServer(
  bench: ThingBench = createThingBench(),
): Promise<(given: Call) => Promise<number>> {
  await bench.apply('one', { color: 'red' });
  const registry = createApiRegistry();
  registry.add(
    serveStoredResource(
      { clock: systemClock, random: systemRandom, bookmarkIntervalMs: 60_000 },
      bench.things,
    ),
  );
  const { handle } = createApiHandler({ registry, version: {} });
  return async (given) => {
    const { response, answers } = createResponse();
    try {
      await handle(createRequest(given), response, new AbortController().signal);
    } catch (error) {
      if (!isApiError(error)) throw error;
      return error.httpCode;
    }
    if (answers.length !== 1) throw new Error(`there were ${answers.length} answers`);
    return Number(answers[0]);
  };
}

/** Whatever requests say: routing, negotiation, options, bodies. */
export const requestTargets: readonly FuzzTarget[] = [
  {
    name: 'a path is read into what it says',
    property: fc.property(method, path, query, (verb, at, text) => {
      const info = parseRequestInfo(verb, at, parseQuery(text));
      const isApi = /^\/+apis?(\/|$)/.test(at);
      if (!info.isResourceRequest) return info.resource === '' && info.namespace === '';
      const [resource = '', name = '', subresource = ''] = info.parts;
      const isNamed = info.name === name || (name === '' && info.name !== '');
      return isApi && resource === info.resource && isNamed && subresource === info.subresource;
    }),
  },
  {
    name: 'a registry has what was added, under no other name',
    property: fc.property(keys, keys, keys, (group, version, resource) => {
      const registry = createApiRegistry();
      return (
        registry.find(group, version, resource) === undefined &&
        registry.getDelegate(group, version) === undefined
      );
    }),
  },
  {
    name: 'an Accept header is understood or refused',
    property: fc.property(accept, (text) => {
      try {
        const { mediaType } = negotiate(parseHeaders(['accept', text]), new Set(['Table.v1.meta.k8s.io']));
        return ['application/json', 'application/yaml'].includes(mediaType);
      } catch (error) {
        return isApiError(error, 'NotAcceptable');
      }
    }),
  },
  {
    name: 'a request gets one answer, or is refused with a Status',
    property: fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 4 }), async (calls) => {
      const send = await createThingServer();
      for (const given of calls) {
        if (/\/watch\b/.test(given.path)) continue; // a watch ends when its client does
        const code = await send(given);
        if (code < 200 || code > 599) return false;
      }
      return true;
    }),
  },
];
