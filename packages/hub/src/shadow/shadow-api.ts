import type { Manifest } from '@clusternet/api-types';
import type { ApiRegistry, Authorizer } from '@clusternet/apiserver';
import type { KubeClient, ReflectorSink } from '@clusternet/client';
import { createInformer } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { formatApiVersion, numberAt } from '@clusternet/kube-data';
import { errorText, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { createParentResources } from '../parent/resources.ts';
import { createEscalationCheck } from './access-escalation.ts';
import { createDryRun } from './dry-run.ts';
import { createFindRoles } from './find-roles.ts';
import { gatherGroups } from './gather-groups.ts';
import { createKindInstaller } from './kind-installer.ts';
import type { KindInstaller } from './kind-installer.ts';
import { createManifestMemory } from './manifest-memory.ts';
import { createParentSchemas } from './parent-schemas.ts';
import { planKinds } from './plan-kinds.ts';
import type { ListedGroup, PlannedKind } from './plan-kinds.ts';

export interface ShadowApiDeps {
  /** To the parent, as the hub. */
  readonly client: KubeClient;
  /** What a caller may do in the parent. */
  readonly authorize: Authorizer;
  readonly reservedNamespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The kinds of the parent a second time, as templates that are kept as Manifests. */
export interface ShadowApi {
  /** Where Manifests are listed and watched. */
  readonly tap: ReflectorSink<Manifest>;
  /** Where kinds are served from now on. */
  readonly attach: (registry: ApiRegistry) => void;
  /** Follows the parent until `signal` aborts. */
  readonly run: Run;
  /** Why nothing is served yet; undefined as well when that may last: a hub without templates has other work. */
  readonly describeWait: () => string | undefined;
}

/** How long news of the parent are gathered before it is asked again, ms. */
const SETTLE_MS = 250;
/** What no APIService tells of, such as a new version of a server behind the parent, shows after this, ms. */
const POLL_MS = 300_000;
const RETRY_MS = 10_000;
/** A hub that cannot read what the parent serves is ready for its other work after this, ms. */
const MAX_WAIT_MS = 30_000;
const BOOKMARK_MS = 60_000;

export function createShadowApi(deps: ShadowApiDeps): ShadowApi {
  const { client, clock, random, log } = deps;
  const resources = createParentResources(client);
  const memory = createManifestMemory(clock);
  const schemas = createParentSchemas(deps);
  const apiServices = createInformer(
    { ...deps, resource: client.resource(API_SERVICES) },
    { trim: trimService },
  );
  const crds = createInformer({ ...deps, resource: client.resource(CRDS) });
  const strategy = {
    dryRun: createDryRun({ ...deps, transport: client.transport }),
    checkEscalation: createEscalationCheck({
      authorize: deps.authorize,
      findRoles: createFindRoles(resources, memory),
    }),
  };
  let installer: KindInstaller | undefined;
  let groups: readonly ListedGroup[] = [];
  let planned: ReadonlyMap<string, PlannedKind> | undefined;
  const startMs = clock.monotonicMs();

  /** @returns whether everything could be had */
  const refresh = async (signal: AbortSignal): Promise<boolean> => {
    const gathered = await gatherGroups(deps, groups, signal);
    groups = gathered.groups;
    const next = planKinds({
      groups,
      crds: crds.store.list(),
      priorities: new Map(
        apiServices.store
          .list()
          .map((item) => [item.metadata.name ?? '', numberAt(item['spec'], 'groupPriorityMinimum') ?? 0]),
      ),
    });
    const versions = [...next.values()]
      .filter(({ crd }) => crd === undefined)
      .map(({ group, version }) => formatApiVersion(group, version));
    const hasSchemas = await schemas.refresh(new Set(['v1', ...versions]), signal);
    planned = next;
    installer?.apply(planned);
    return gathered.isComplete && hasSchemas;
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([apiServices.synced(signal), crds.synced(signal)]);
    while (!memory.isSynced() && !signal.aborted) await clock.sleep(SETTLE_MS, signal);
    let wake = new AbortController();
    const onChange = (): void => wake.abort();
    const ends = [apiServices.store.subscribe(onChange), crds.store.subscribe(onChange)];
    try {
      while (!signal.aborted) {
        wake = new AbortController();
        const waitMs = (await refreshSafely(signal)) ? POLL_MS : RETRY_MS;
        await sleepUnless(wake.signal, signal, waitMs);
        await clock.sleep(SETTLE_MS, signal);
      }
    } finally {
      for (const end of ends) end();
      installer?.close();
    }
  };

  const refreshSafely = async (signal: AbortSignal): Promise<boolean> => {
    try {
      return await refresh(signal);
    } catch (error) {
      if (!signal.aborted)
        log.warn('the parent could not be asked what it serves', { error: errorText(error) });
      return false;
    }
  };

  /** Sleeps until news come. */
  const sleepUnless = async (news: AbortSignal, signal: AbortSignal, waitMs: number): Promise<void> => {
    const either = new AbortController();
    const end = (): void => either.abort();
    for (const each of [news, signal]) each.addEventListener('abort', end, { once: true });
    if (news.aborted || signal.aborted) end();
    await clock.sleep(waitMs, either.signal);
    for (const each of [news, signal]) each.removeEventListener('abort', end);
  };

  return {
    tap: memory.tap,
    attach(registry) {
      const serving = { clock, random, bookmarkIntervalMs: BOOKMARK_MS };
      installer = createKindInstaller({
        ...strategy,
        ...deps,
        manifests: resources.manifests,
        registry,
        schemas,
        memory,
        serving,
      });
      if (planned !== undefined) installer.apply(planned);
    },
    run: (signal) => runAll([apiServices.run, crds.run, follow], signal),
    describeWait: () => {
      const isLong = clock.monotonicMs() - startMs > MAX_WAIT_MS;
      return planned !== undefined || isLong ? undefined : 'what the parent serves is not read yet';
    },
  };
}

const API_SERVICES = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  plural: 'apiservices',
  kind: 'APIService',
  namespaced: false,
};
const CRDS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** Certificates of other servers are nothing that the hub needs to keep. */
function trimService({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const { name = '', resourceVersion = '', uid = '' } = metadata;
  const groupPriorityMinimum = numberAt(rest['spec'], 'groupPriorityMinimum') ?? 0;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion }, spec: { groupPriorityMinimum } };
}
