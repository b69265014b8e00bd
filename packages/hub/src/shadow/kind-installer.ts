import type { ApiRegistry } from '@clusternet/apiserver';
import { formatApiVersion, stringifyJson } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { createManifestStorage } from './manifest-storage.ts';
import type { ManifestStorageDeps } from './manifest-storage.ts';
import type { ParentSchemas } from './parent-schemas.ts';
import type { PlannedKind } from './plan-kinds.ts';
import { serveShadow } from './serve-shadow.ts';
import type { ServeShadowDeps } from './serve-shadow.ts';
import { createShadowDefinition } from './shadow-definition.ts';
import { SHADOW } from './shadow-kind.ts';
import { createShadowStrategy } from './shadow-strategy.ts';
import type { ShadowStrategyDeps } from './shadow-strategy.ts';

export interface KindInstallerDeps
  extends ManifestStorageDeps, ShadowStrategyDeps, Omit<ServeShadowDeps, 'storage'> {
  readonly registry: ApiRegistry;
  readonly schemas: ParentSchemas;
}

/** Keeps what is served equal to what is planned. */
export interface KindInstaller {
  /** Serves these kinds and no others. Watches of a kind that changed or went end; those of others go on. */
  apply(planned: ReadonlyMap<string, PlannedKind>): void;
  /** Ends all watches. */
  close(): void;
}

interface Installed {
  readonly fingerprint: string;
  readonly controller: AbortController;
}

export function createKindInstaller(deps: KindInstallerDeps): KindInstaller {
  const { registry, schemas, log } = deps;
  const installed = new Map<string, Installed>();
  let changed: string[] = [];

  const remove = (resource: string): void => {
    const known = installed.get(resource);
    if (known === undefined) return;
    installed.delete(resource);
    registry.remove({ ...SHADOW, resource });
    known.controller.abort();
    changed.push(resource);
  };

  const install = (kind: PlannedKind): void => {
    const named = schemas.find(formatApiVersion(kind.group, kind.version), kind.kind);
    const fingerprint = describe(kind, named?.revision);
    const known = installed.get(kind.resource);
    if (known?.fingerprint === fingerprint) return;
    const strategy = createShadowStrategy(deps, kind);
    const metadata = schemas.coreDefinitions();
    const { definition, schemaName } = createShadowDefinition(kind, strategy, { named, metadata });
    const controller = new AbortController();
    const storage = createManifestStorage(deps, kind);
    registry.add(
      serveShadow({ ...deps, storage }, definition, {
        isOver: controller.signal,
        ...(schemaName === undefined ? {} : { schemaName }),
      }),
    );
    installed.set(kind.resource, { fingerprint, controller });
    known?.controller.abort();
    changed.push(kind.resource);
  };

  return {
    apply(planned) {
      changed = [];
      for (const resource of [...installed.keys()]) if (!planned.has(resource)) remove(resource);
      for (const kind of planned.values()) {
        try {
          install(kind);
        } catch (error) {
          // One kind that cannot be served is no reason to serve none.
          const { resource, group } = kind;
          log.error('kind cannot be served as a template', { resource, group, error: errorText(error) });
        }
      }
      if (changed.length > 0)
        log.info('kinds of templates changed', {
          served: installed.size,
          changed: changed.length,
          some: changed.slice(0, 10),
        });
    },
    close() {
      for (const { controller } of installed.values()) controller.abort();
    },
  };
}

/** What a kind is made of, as a text that changes with it. */
function describe({ crd, ...names }: PlannedKind, revision: string | undefined): string {
  const { uid = '', generation = 0 } = crd?.metadata ?? {};
  return stringifyJson({
    ...names,
    revision: revision ?? '',
    uid,
    generation,
  });
}
