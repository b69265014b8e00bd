import { createKubeClient } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { createEventRecorder } from '@clusternet/controller-kit';
import { errorText, retry } from '@clusternet/runtime';
import type { Run } from '@clusternet/runtime';
import { createClusterApiController } from './cluster-api-controller.ts';
import type { ClusterApiDeps } from './cluster-api-controller.ts';
import { openManagement } from './management.ts';
import type { Management } from './management.ts';

export interface ClusterApiOptions {
  /** To the management cluster of Cluster API. */
  readonly connection: ConnectionConfig;
  /** Those of `deploy/agent`, YAML. */
  readonly manifests: string;
}

const MAX_RETRY_MS = 60_000;

/** Connects to a management cluster, however long that takes, and works there until `signal` aborts. */
export function createClusterApiRun(
  deps: Omit<ClusterApiDeps, 'events' | 'management' | 'manifests'>,
  { connection, manifests }: ClusterApiOptions,
): Run {
  const { log } = deps;
  return async (signal) => {
    await using transport = createTransport(connection);
    const client = createKubeClient(transport);
    const events = createEventRecorder({ ...deps, client, component: 'clusternet-controller-manager' });
    const opened = retry<Management>(
      deps,
      (inner) => openManagement(client, inner),
      {
        maxMs: MAX_RETRY_MS,
        onRetry: (error) => log.warn('Cluster API cannot be used', { error: errorText(error) }),
      },
      signal,
    );
    const management = await opened.catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (management === undefined) return;
    log.info('clusters of Cluster API join', {
      management: management.id,
      version: management.clusters.ref.version,
    });
    await createClusterApiController({ ...deps, management, events, manifests })(signal);
    await events.flush();
  };
}
