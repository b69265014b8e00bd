import {
  createBadRequest,
  createConflict,
  createInvalid,
  invalidValue,
  readObject,
  readWriteContext,
  writeJson,
} from '@clusternet/apiserver';
import type {
  Admission,
  AdmissionRequest,
  ApiHandler,
  ApiRequest,
  CustomSubresource,
  ResourceNames,
} from '@clusternet/apiserver';
import { cloneJson, formatApiVersion } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { ensureObject, numberAt, objectAt, textAt, textsAt } from '../built-in/fields.ts';
import { issueToken } from '../tokens/service-account-tokens.ts';
import type { ServiceAccountTokenDeps, TokenGrant } from '../tokens/service-account-tokens.ts';
import type { LocalApi } from './local-api.ts';

export interface SubresourceDeps {
  readonly api: LocalApi;
  /** Both phases of admission. */
  readonly admit: Admission;
  readonly tokens: ServiceAccountTokenDeps;
  readonly audience: string;
  /** Those of pods that kubelets answer. */
  readonly podStreams: readonly CustomSubresource[];
}

/** Subresources with code of their own, by `group/resource`. */
export function createCustomSubresources(
  deps: SubresourceDeps,
): ReadonlyMap<string, readonly CustomSubresource[]> {
  return new Map<string, readonly CustomSubresource[]>([
    [
      '/pods',
      [
        {
          name: 'binding',
          kind: 'Binding',
          group: '',
          version: 'v1',
          verbs: ['create'],
          handle: createBindHandler(deps.api),
        },
        {
          name: 'eviction',
          kind: 'Eviction',
          group: 'policy',
          version: 'v1',
          verbs: ['create'],
          handle: createEvictHandler(deps),
        },
        ...deps.podStreams,
      ],
    ],
    [
      '/serviceaccounts',
      [
        {
          name: 'token',
          kind: 'TokenRequest',
          group: 'authentication.k8s.io',
          version: 'v1',
          verbs: ['create'],
          handle: createTokenHandler(deps),
        },
      ],
    ],
  ]);
}

/** Puts a pod on a node. */
function createBindHandler(api: LocalApi): ApiHandler {
  return async (request, response, signal) => {
    const { namespace, name } = request.info;
    const binding = await readObject(request);
    const node = textAt(objectAt(binding, 'target'), 'name');
    if (node === '') throw createBadRequest('target.name is required');
    await api.of('', 'pods').update(
      {
        namespace,
        name,
        subresource: 'binding',
        produce: async (live) => {
          const next = cloneJson(live ?? (await api.of('', 'pods').get(namespace, name)));
          const bound = textAt(objectAt(next, 'spec'), 'nodeName');
          const resource = { group: '', resource: 'pods/binding' };
          if (bound !== '')
            throw createConflict(
              resource,
              name,
              `pod ${name} is already assigned to node ${JSON.stringify(bound)}`,
            );
          if (next.metadata.deletionTimestamp !== undefined)
            throw createConflict(
              resource,
              name,
              `pod ${name} is being deleted, cannot be assigned to a host`,
            );
          ensureObject(next as unknown as JsonObject, 'spec')['nodeName'] = node;
          return next;
        },
        view: () => ({
          operation: 'CREATE',
          kind: { group: '', version: 'v1', kind: 'Binding' },
          object: { ...binding, apiVersion: 'v1', kind: 'Binding' },
          live: undefined,
        }),
      },
      readWriteContext(request, response, signal),
    );
    writeJson(response, 201, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
  };
}

function createEvictHandler({ api, admit }: SubresourceDeps): ApiHandler {
  return async (request, response, signal) => {
    const { namespace, name } = request.info;
    const pods = api.of('', 'pods');
    const eviction = await readObject(request);
    const options = objectAt(eviction, 'deleteOptions');
    const grace = numberAt(options, 'gracePeriodSeconds');
    const context = readWriteContext(request, response, signal);
    const kind = { group: 'policy', version: 'v1', kind: 'Eviction' };
    await admit(createPost(pods.definition, request, { kind, object: eviction, context }));
    const how = { ...(grace === undefined ? {} : { gracePeriodSeconds: grace }), isAdmitted: true };
    await pods.delete(namespace, name, how, context);
    writeJson(response, 201, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
  };
}

/** A POST to a subresource that takes objects of a kind of its own, as admission sees it. */
function createPost(
  resource: ResourceNames,
  { info }: ApiRequest,
  post: Pick<AdmissionRequest, 'context' | 'kind'> & { readonly object: KubeObject },
): AdmissionRequest {
  const { kind, object, context } = post;
  return {
    operation: 'CREATE',
    resource,
    subresource: info.subresource,
    kind,
    namespace: info.namespace,
    name: info.name,
    object: { ...object, apiVersion: formatApiVersion(kind.group, kind.version), kind: kind.kind },
    live: undefined,
    context,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', ...context.options },
  };
}

const BOUND_KINDS: ReadonlyMap<string, string> = new Map([
  ['Node', 'nodes'],
  ['Pod', 'pods'],
  ['Secret', 'secrets'],
]);

function createTokenHandler({ api, admit, tokens, audience }: SubresourceDeps): ApiHandler {
  return async (request, response, signal) => {
    const { namespace, name } = request.info;
    const accounts = api.of('', 'serviceaccounts');
    const account = await accounts.get(namespace, name);
    const given = await readObject(request);
    const kind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
    const context = readWriteContext(request, response, signal);
    await admit(createPost(accounts.definition, request, { kind, object: given, context }));
    const spec = objectAt(given, 'spec');
    const asked = numberAt(spec, 'expirationSeconds') ?? 3600;
    if (asked < 600) {
      throw createInvalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
        invalidValue('spec.expirationSeconds', asked, 'may not specify a duration less than 10 minutes'),
      ]);
    }
    const audiences = textsAt(spec, 'audiences');
    const boundTo = await readBoundObject(api, namespace, objectAt(spec, 'boundObjectRef'));
    const grant: TokenGrant = {
      audiences: audiences.length === 0 ? [audience] : audiences,
      expirationSeconds: asked,
      ...(boundTo === undefined ? {} : { boundTo }),
    };
    const { token, expiresAt } = issueToken(tokens, account, grant);
    writeJson(response, 201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: null },
      spec: {
        ...spec,
        audiences: grant.audiences,
        expirationSeconds: asked,
        boundObjectRef: spec?.['boundObjectRef'] ?? null,
      },
      status: { token, expirationTimestamp: expiresAt },
    });
  };
}

async function readBoundObject(
  api: LocalApi,
  namespace: string,
  reference: JsonObject | undefined,
): Promise<TokenGrant['boundTo']> {
  if (reference === undefined) return undefined;
  const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
  const resource = BOUND_KINDS.get(kind);
  if (resource === undefined || (kind !== 'Node' && kind !== 'Pod' && kind !== 'Secret')) {
    throw createBadRequest(`cannot bind token for serviceaccount to object of type ${kind}`);
  }
  const object = await api.of('', resource).get(kind === 'Node' ? '' : namespace, name);
  const uid = object.metadata.uid ?? '';
  const asked = textAt(reference, 'uid');
  if (asked !== '' && asked !== uid) {
    throw createConflict(
      { group: '', resource: 'serviceaccounts/token' },
      name,
      `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { kind, name, uid };
}
