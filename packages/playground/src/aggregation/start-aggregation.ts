import { Agent, request as httpsRequest } from 'node:https';
import { createServiceUnavailable, formatTimestamp } from '@clusternet/apiserver';
import type { ApiRegistry, DiscoveredResource, Storage } from '@clusternet/apiserver';
import { cloneJson, equalJson, parseJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { CertificatePair } from '@clusternet/pki';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger } from '@clusternet/runtime';
import { objectAt, objectsAt, textAt, textsAt, numberAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalApi } from '../control-plane/local-api.ts';
import { orUndefined } from '../controllers/read-or-undefined.ts';
import { findBackend, readServiceReference } from './find-backend.ts';
import { createProxyHandler, createProxyUpgrade } from './proxy-request.ts';
import type { ProxyTarget } from './proxy-request.ts';

export interface AggregationDeps {
  readonly api: LocalApi;
  readonly registry: ApiRegistry;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly frontProxy: CertificatePair;
}

const GROUP = 'apiregistration.k8s.io';
const RECHECK_UNAVAILABLE_MS = 500;
const RECHECK_AVAILABLE_MS = 30_000;
const CHECK_TIMEOUT_MS = 5000;

/** One APIService that points at another server. */
interface Aggregated {
  object: KubeObject;
  agent: Agent;
  resources: readonly DiscoveredResource[];
  isAvailable: boolean;
  cancel: () => void;
  isChecking: boolean;
  /** Something changed while it was being checked. */
  isOutdated: boolean;
}

/** Hands groups and versions to the servers that APIServices name, as the front proxy. */
export function startAggregation(deps: AggregationDeps): AsyncDisposable {
  const { api, registry, storage, clock } = deps;
  const context = createSystemContext('kube-apiserver');
  const services = new Map<string, Aggregated>();
  let isStopped = false;

  const remove = (name: string): void => {
    const known = services.get(name);
    if (known === undefined) return;
    known.cancel();
    known.agent.destroy();
    services.delete(name);
    registry.setDelegate(...gvOf(known.object), undefined);
  };

  const add = (object: KubeObject): void => {
    const name = object.metadata.name ?? '';
    remove(name);
    const entry: Aggregated = {
      object,
      agent: createAgent(object, deps.frontProxy),
      resources: [],
      isAvailable: false,
      cancel: () => undefined,
      isChecking: false,
      isOutdated: false,
    };
    services.set(name, entry);
    const getTarget = async (): Promise<ProxyTarget> => {
      const backend = await findBackend(api, readServiceReference(entry.object));
      if (backend.kind === 'missing') throw createServiceUnavailable(backend.message);
      return { host: backend.host, port: backend.port, agent: entry.agent };
    };
    const [group, version] = gvOf(object);
    const spec = objectAt(object, 'spec');
    registry.setPriority(group, version, {
      group: numberAt(spec, 'groupPriorityMinimum') ?? 0,
      version: numberAt(spec, 'versionPriority') ?? 0,
    });
    registry.setDelegate(group, version, {
      handle: createProxyHandler(getTarget),
      upgrade: createProxyUpgrade(getTarget),
      getResources: () => entry.resources,
      isCurrent: () => entry.isAvailable,
    });
    void check(entry);
  };

  const isCurrent = (entry: Aggregated): boolean =>
    !isStopped && services.get(entry.object.metadata.name ?? '') === entry;

  async function check(entry: Aggregated): Promise<void> {
    if (entry.isChecking) {
      entry.isOutdated = true; // looked at again when the check under way is done
      return;
    }
    entry.isChecking = true;
    entry.isOutdated = false;
    entry.cancel();
    const outcome = await probe(entry);
    entry.isChecking = false;
    if (!isCurrent(entry)) return;
    entry.isAvailable = outcome.isAvailable;
    if (outcome.resources !== undefined && !equalJson(outcome.resources, entry.resources)) {
      entry.resources = outcome.resources;
      const [group, version] = gvOf(entry.object);
      const delegate = registry.getDelegate(group, version);
      registry.setDelegate(group, version, delegate); // counts as a change of what is served
    }
    const waitMs = outcome.isAvailable ? RECHECK_AVAILABLE_MS : RECHECK_UNAVAILABLE_MS;
    // It may have become so while this was waiting, which the compiler does not see.
    entry.cancel = clock.schedule((entry.isOutdated as boolean) ? 0 : waitMs, () => void check(entry));
    await report(entry, outcome);
  }

  async function probe(entry: Aggregated): Promise<Outcome> {
    const backend = await findBackend(api, readServiceReference(entry.object));
    if (backend.kind === 'missing')
      return { isAvailable: false, reason: backend.reason, message: backend.message };
    const [group, version] = gvOf(entry.object);
    try {
      const list = await fetchJson({ ...backend, agent: entry.agent }, `/apis/${group}/${version}`);
      return {
        isAvailable: true,
        reason: 'Passed',
        message: 'all checks passed',
        resources: readResources(list, group, version),
      };
    } catch (error) {
      const url = `https://${backend.host}:${backend.port}/apis/${group}/${version}`;
      return {
        isAvailable: false,
        reason: 'FailedDiscoveryCheck',
        message: `failing or missing response from ${url}: ${errorText(error)}`,
      };
    }
  }

  async function report(entry: Aggregated, outcome: Outcome): Promise<void> {
    const condition = {
      type: 'Available',
      status: outcome.isAvailable ? 'True' : 'False',
      reason: outcome.reason,
      message: outcome.message,
    };
    const produce = (live: KubeObject | undefined): KubeObject => {
      const next = cloneJson(live ?? entry.object);
      const [known] = objectsAt(objectAt(next, 'status'), 'conditions');
      const isSame = known?.['status'] === condition.status;
      const at = isSame ? (known['lastTransitionTime'] ?? '') : formatTimestamp(clock.nowMs());
      next['status'] = {
        ...objectAt(next, 'status'),
        conditions: [{ ...condition, lastTransitionTime: at }],
      };
      return next;
    };
    try {
      const name = entry.object.metadata.name ?? '';
      await orUndefined(
        api.of(GROUP, 'apiservices').update({ namespace: '', name, subresource: 'status', produce }, context),
      );
    } catch (error) {
      deps.log.warn('availability was not reported', {
        name: entry.object.metadata.name,
        error: errorText(error),
      });
    }
  }

  const watches = [
    storage.watch({ resource: `apiservices.${GROUP}`, namespace: '' }, 0, ({ type, object }) => {
      const name = object.metadata.name ?? '';
      if (type === 'DELETED' || objectAt(objectAt(object, 'spec'), 'service') === undefined) {
        remove(name);
        return;
      }
      const known = services.get(name);
      if (known !== undefined && equalJson(known.object['spec'], object['spec'])) known.object = object;
      else add(object);
    }),
    ...['services', 'endpoints', 'endpointslices.discovery.k8s.io'].map((resource) =>
      storage.watch({ resource, namespace: '' }, storage.getResourceVersion(), ({ object }) => {
        const service = object.metadata.labels?.['kubernetes.io/service-name'] ?? object.metadata.name;
        for (const entry of services.values()) {
          const reference = objectAt(objectAt(entry.object, 'spec'), 'service');
          if (
            textAt(reference, 'namespace') === object.metadata.namespace &&
            textAt(reference, 'name') === service
          )
            void check(entry);
        }
      }),
    ),
  ];

  return {
    [Symbol.asyncDispose]() {
      isStopped = true;
      for (const watch of watches) watch.close();
      for (const name of [...services.keys()]) remove(name);
      return Promise.resolve();
    },
  };
}

interface Outcome {
  readonly isAvailable: boolean;
  readonly reason: string;
  readonly message: string;
  readonly resources?: readonly DiscoveredResource[];
}

function gvOf(object: KubeObject): [string, string] {
  const spec = objectAt(object, 'spec');
  return [textAt(spec, 'group'), textAt(spec, 'version')];
}

function createAgent(object: KubeObject, frontProxy: CertificatePair): Agent {
  const spec = objectAt(object, 'spec');
  const service = objectAt(spec, 'service');
  const bundle = textAt(spec, 'caBundle');
  return new Agent({
    keepAlive: true,
    maxSockets: Infinity,
    cert: frontProxy.certPem,
    key: frontProxy.keyPem,
    servername: `${textAt(service, 'name')}.${textAt(service, 'namespace')}.svc`,
    rejectUnauthorized: spec?.['insecureSkipTLSVerify'] !== true,
    ...(bundle === '' ? {} : { ca: Buffer.from(bundle, 'base64').toString('utf8') }),
  });
}

function fetchJson(target: ProxyTarget, path: string): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        host: target.host,
        port: target.port,
        agent: target.agent,
        path,
        headers: {
          Accept: 'application/json',
          'X-Remote-User': 'system:kube-aggregator',
          'X-Remote-Group': 'system:masters',
        },
        timeout: CHECK_TIMEOUT_MS,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (incoming.statusCode !== 200) {
            reject(new Error(`bad status from discovery: ${incoming.statusCode ?? 0}`));
            return;
          }
          try {
            resolve(parseJson(text) as JsonObject);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(errorText(error)));
          }
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Reads an APIResourceList. */
function readResources(list: JsonObject, group: string, version: string): DiscoveredResource[] {
  const all = objectsAt(list, 'resources');
  return all
    .filter((item) => !textAt(item, 'name').includes('/'))
    .map((item) => {
      const name = textAt(item, 'name');
      return {
        names: {
          group,
          version,
          resource: name,
          singular: textAt(item, 'singularName'),
          kind: textAt(item, 'kind'),
          listKind: `${textAt(item, 'kind')}List`,
          namespaced: item['namespaced'] === true,
          shortNames: textsAt(item, 'shortNames'),
          categories: textsAt(item, 'categories'),
        },
        verbs: textsAt(item, 'verbs'),
        subresources: all
          .filter((other) => textAt(other, 'name').startsWith(`${name}/`))
          .map((other) => ({
            name: textAt(other, 'name').slice(name.length + 1),
            kind: textAt(other, 'kind'),
            ...(textAt(other, 'group') === '' ? {} : { group: textAt(other, 'group') }),
            ...(textAt(other, 'version') === '' ? {} : { version: textAt(other, 'version') }),
            verbs: textsAt(other, 'verbs'),
          })),
      };
    });
}
