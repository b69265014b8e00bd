import { isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { objectAt, textAt } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { findKind } from './find-kind.ts';
import type { ServedKind } from './find-kind.ts';
import { gatherKinds } from './gather-kinds.ts';
import type { AcrossRequest } from './read-across-request.ts';

/** As many objects as kubectl asks for at a time. */
const PAGE = 500;

export interface AskedFor extends Pick<
  AcrossRequest,
  'fieldSelector' | 'labelSelector' | 'names' | 'namespace'
> {
  /** The kind as people write it. */
  readonly word: string;
  /** What the word means in the parent; most children have it just so. */
  readonly likely: ServedKind | undefined;
  readonly accept: string;
}

/** A part of what a cluster has. */
export interface Page {
  readonly kind: ServedKind;
  /** Of a list, or one object. */
  readonly answer: JsonValue;
  /** Of the object that was asked for. */
  readonly name?: string;
}

/**
 * What one cluster has of a kind, page by page; of names, one by one, those that it has. Nothing at all where the cluster
 * does not serve the kind.
 */
export async function* askCluster(
  client: KubeClient,
  asked: AskedFor,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  if (asked.likely !== undefined) {
    try {
      yield* askKind(client, asked.likely, asked, signal);
      return;
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND')) throw error; // else: not in this version, or not here at all
    }
  }
  const kind = findKind(asked.word, await gatherKinds(client, signal));
  if (kind !== undefined) yield* askKind(client, kind, asked, signal);
}

async function* askKind(
  client: KubeClient,
  kind: ServedKind,
  { names, namespace, labelSelector, fieldSelector, accept }: AskedFor,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope =
    kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const path = `${root}${scope}/${kind.plural}`;
  const read = (
    request: { path: string; query?: Record<string, number | string | undefined> },
    what: string,
  ) => client.rawJson({ method: 'GET', accept, ...request, what: `${what} ${kind.plural}` }, signal);
  if (names.length === 0) {
    let next: string | undefined;
    do {
      const answer = await read(
        { path, query: { labelSelector, fieldSelector, limit: PAGE, continue: next } },
        'list',
      );
      yield { kind, answer };
      next = textAt(objectAt(answer, 'metadata'), 'continue');
    } while (next !== '');
  }
  for (const name of names) {
    const answer = await read({ path: `${path}/${encodeURIComponent(name)}` }, 'get').catch(
      (error: unknown) => {
        // An object that is not there names itself; a path that is not served does not.
        if (isApiError(error, 'NOT_FOUND') && error.message.includes(`"${name}" not found`)) return undefined;
        throw error;
      },
    );
    yield answer === undefined ? { kind, answer: { items: [] } } : { kind, answer, name };
  }
}
