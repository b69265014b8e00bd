import type { ServerTls } from '@clusternet/apiserver';
import { runAll } from '@clusternet/runtime';
import { runAggregatedApi } from '../aggregated/run-aggregated-api.ts';
import type { AggregatedApiDeps, AggregatedApiOptions } from '../aggregated/run-aggregated-api.ts';
import { getServingTls, runServing } from './run-serving.ts';
import type { ServingDeps } from './run-serving.ts';

/** Serves with the certificate that the hubs of an installation share, and takes a new one when it is renewed. */
export async function serveWithSharedTls(
  served: Omit<AggregatedApiDeps, 'tls'>,
  deps: ServingDeps,
  options: AggregatedApiOptions,
  signal: AbortSignal,
): Promise<void> {
  const tls = await getServingTls(deps, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (tls === undefined) return;
  let setTls: (tls: ServerTls) => void = () => undefined;
  const listening: AggregatedApiOptions = {
    ...options,
    onListening: (server) => {
      setTls = (next) => server.setTls(next);
      options.onListening?.(server);
    },
  };
  await runAll(
    [
      (inner) => runAggregatedApi({ ...served, tls }, listening, inner),
      (inner) => runServing(deps, (next) => setTls(next), inner),
    ],
    signal,
  );
}
