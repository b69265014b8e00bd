import { isApiError } from '@clusternet/client';
import type { KubeClient, ObjectRef, ResourceClient } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition } from '@clusternet/kube-data';
import type { DeliverDeps } from './deliver-object.ts';
import { DeployError } from './errors.ts';

/** How long a CRD may take until it is served, ms. */
const ESTABLISH_MS = 15_000;
const ESTABLISH_POLL_MS = 100;

interface CrdParts {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Waits until the objects of a CRD can be sent: it is established, and discovery knows of it. */
export async function waitEstablished(
  { child, clock }: DeliverDeps,
  resource: ResourceClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const crd = (await resource.get(ref, signal)) as CrdParts;
    if (findCondition(crd.status?.conditions, 'Established')?.status === 'True') {
      if (await isDiscovered(child, crd, signal)) return;
    }
    if (clock.monotonicMs() - startMs > ESTABLISH_MS) {
      throw new DeployError(
        'NOT_ESTABLISHED',
        `CustomResourceDefinition ${ref.name} was not established in ${ESTABLISH_MS} ms`,
      );
    }
    if (!(await clock.sleep(ESTABLISH_POLL_MS, signal))) signal.throwIfAborted();
  }
}

async function isDiscovered(
  child: KubeClient,
  { spec = {} }: CrdParts,
  signal: AbortSignal,
): Promise<boolean> {
  const served = spec.versions?.find((version) => version.served !== false);
  const kind = spec.names?.kind;
  if (served === undefined || kind === undefined) return true;
  try {
    await child.resourceFor({ apiVersion: `${spec.group ?? ''}/${served.name}`, kind }, signal);
    return true;
  } catch (error) {
    if (isApiError(error, 'UNKNOWN_KIND')) return false;
    throw error;
  }
}
