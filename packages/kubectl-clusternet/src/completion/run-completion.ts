import type { ClusterRegistrationRequest, ManagedCluster, Subscription } from '@clusternet/api-types';
import { clusternetRef, isApiError, toShadowUrl } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import { splitArgs } from '../args/split-args.ts';
import { connectTo, withClient, withParent } from '../connect/with-parent.ts';
import { PluginError } from '../errors.ts';
import { withDoor } from '../kubectl/run-through-door.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { formatOffers } from './format-offers.ts';
import { planCompletion } from './plan-completion.ts';
import type { Offer, Source } from './plan-completion.ts';

/** What shells call, as kubectl's do. */
export const COMPLETE_COMMAND = '__complete';

/** Whoever types does not wait any longer, ms. */
const LIMIT_MS = 4000;

/**
 * Prints what may come next, one a line, in the form of kubectl's completion. What cannot be found out is not offered: nobody
 * reads errors while typing.
 * @param words - what stands behind the program; the last is being typed
 */
export async function runCompletion(
  deps: PluginDeps,
  words: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const typed = words.at(-1) ?? '';
  try {
    const source = planCompletion(words);
    deps.out(
      await withTimeout(LIMIT_MS, signal, 'completion', (limited) => offer(deps, source, words, limited)),
    );
  } catch (error) {
    if (!(error instanceof PluginError || isApiError(error) || isDeadlineError(error))) throw error;
    deps.out(formatOffers([], typed));
  }
  return 0;
}

async function offer(
  deps: PluginDeps,
  source: Source,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const typed = words.at(-1) ?? '';
  switch (source.kind) {
    case 'files':
      return formatOffers(undefined, typed);
    case 'words':
      return formatOffers(source.offers, typed);
    case 'kubectl':
      return await askKubectl(deps, words, source.more, signal);
    case 'contexts': {
      const { stdout } = await deps.kubectl.ask(['config', 'get-contexts', '--output=name']);
      return formatOffers(
        lead(
          source.lead,
          stdout
            .split('\n')
            .filter((line) => line !== '')
            .map((word) => ({ word })),
        ),
        typed,
      );
    }
    default: {
      const { kind, lead: before, more } = source;
      const args = splitArgs(words.slice(0, -1));
      const found = await withParent(deps, args, ({ connection, namespace }) =>
        withClient(connection, (client) => list(client, kind, namespaceOf(args.words) ?? namespace, signal)),
      );
      return formatOffers(lead(before, [...more.map((word) => ({ word })), ...found]), typed);
    }
  }
}

function lead(before: string, offers: readonly Offer[]): Offer[] {
  return offers.map((each) => ({ ...each, word: before + each.word }));
}

async function list(
  client: KubeClient,
  kind: 'clusters' | 'requests' | 'subscriptions',
  namespace: string,
  signal: AbortSignal,
): Promise<Offer[]> {
  switch (kind) {
    case 'clusters': {
      const { items } = await client
        .resource<ManagedCluster>(clusternetRef('ManagedCluster'))
        .list({}, signal);
      return items.map(({ metadata, spec }) => ({ word: metadata.name ?? '', about: spec?.clusterId ?? '' }));
    }
    case 'requests': {
      const ref = clusternetRef('ClusterRegistrationRequest');
      const { items } = await client.resource<ClusterRegistrationRequest>(ref).list({}, signal);
      return items
        .filter(({ status }) => (status?.result ?? '') === '')
        .map(({ metadata, spec }) => ({
          word: spec?.clusterName ?? metadata.name ?? '',
          about: metadata.name ?? '',
        }));
    }
    case 'subscriptions': {
      const scope = { namespace: namespace === '' ? 'default' : namespace };
      const { items } = await client
        .resource<Subscription>(clusternetRef('Subscription'))
        .list(scope, signal);
      return items.map(({ metadata }) => ({ word: metadata.name ?? '' }));
    }
  }
}

/** kubectl knows its flags and kinds, and asks whoever it would talk to for names. */
async function askKubectl(
  deps: PluginDeps,
  words: readonly string[],
  more: readonly Offer[],
  signal: AbortSignal,
): Promise<string> {
  const typed = words.at(-1) ?? '';
  const args = splitArgs(words.slice(0, -1));
  const isChild = args.child.clusterId !== undefined;
  const { stdout } = await withParent(deps, args, async (parent) => {
    const { connection, namespace } = isChild ? await connectTo(deps, args, parent, signal) : parent;
    const mapUrl = isChild ? (url: string): string => url : toShadowUrl;
    return await withDoor(parent.folder, { connection, mapUrl, namespace }, ({ env, flags }) =>
      deps.kubectl.ask(['__complete', ...flags, ...args.rest, typed], { env }),
    );
  });
  const fitting = formatOffers(more, typed).split('\n').slice(0, -2);
  return [...fitting.map((line) => `${line}\n`), stdout].join('');
}

function namespaceOf(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-n' || word === '--namespace');
  if (at >= 0) return words[at + 1];
  return words.find((word) => word.startsWith('--namespace='))?.slice('--namespace='.length);
}
