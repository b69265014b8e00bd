import type { ServerTls } from '@clusternet/apiserver';
import { errorText, retry } from '@clusternet/runtime';
import type { Random } from '@clusternet/runtime';
import type { PublishHubAddress } from './hub-address.ts';
import { publishCa } from './publish-ca.ts';
import type { PublishCaDeps } from './publish-ca.ts';
import { provideServing } from './serving-secret.ts';
import type { ServingSecretDeps } from './serving-secret.ts';

export interface ServingDeps extends PublishCaDeps, ServingSecretDeps {
  readonly random: Random;
  /** Tells agents of an own address of hubs. @default there is none */
  readonly publishAddress?: PublishHubAddress | undefined;
}

/** How often is looked whether the certificate is due, and whether kube-apiserver still knows its authority, ms. */
const LOOK_MS = 60_000;
const MAX_RETRY_MS = 15_000;

/**
 * The certificate to begin with; tries until there is one.
 * @throws what went wrong last, once `signal` has aborted
 */
export function getServingTls(deps: ServingDeps, signal: AbortSignal): Promise<ServerTls> {
  return retry(
    deps,
    async (inner) => {
      const { tls, unverified } = await look(deps, inner);
      for (const apiService of unverified)
        deps.log.warn('kube-apiserver is told not to verify hubs: take insecureSkipTLSVerify out', {
          apiService,
        });
      return tls;
    },
    {
      maxMs: MAX_RETRY_MS,
      onRetry: (error) => deps.log.warn('no serving certificate yet', { error: errorText(error) }),
    },
    signal,
  );
}

/** Keeps the certificate young and its authority published until `signal` aborts. */
export async function runServing(
  deps: ServingDeps,
  setTls: (tls: ServerTls) => void,
  signal: AbortSignal,
): Promise<void> {
  let shown = '';
  while (await deps.clock.sleep(LOOK_MS * (0.9 + 0.2 * deps.random.next()), signal)) {
    try {
      const { tls } = await look(deps, signal);
      if (tls.certPem !== shown) setTls(tls);
      shown = tls.certPem;
    } catch (error) {
      if (!signal.aborted) deps.log.warn('serving certificate not looked after', { error: errorText(error) });
    }
  }
}

async function look(
  deps: ServingDeps,
  signal: AbortSignal,
): Promise<{ readonly tls: ServerTls; readonly unverified: readonly string[] }> {
  const { ca, serving } = await provideServing(deps, signal);
  await deps.publishAddress?.(ca.certPem, signal);
  return { tls: serving, unverified: await publishCa(deps, ca.certPem, signal) };
}
