import type { KubeClient } from '@clusternet/client';
import { isJsonObject, objectAt, objectsAt, textAt, textsAt } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import type { ListedGroup, ListedResource } from './plan-kinds.ts';

export interface GatherGroupsDeps {
  readonly client: Pick<KubeClient, 'rawJson'>;
  readonly log: Logger;
}

/** What the parent says it serves. */
export interface GatheredGroups {
  readonly groups: readonly ListedGroup[];
  /** Whether everything could be asked; what could not is as it was before. */
  readonly isComplete: boolean;
}

const TIMEOUT_MS = 10_000;

/**
 * Asks the parent what it serves. A group that does not answer, such as one of a server behind it that is down, costs only
 * news of itself.
 *
 * @param before - what was known
 * @throws {ApiError} when the parent itself does not answer
 */
export async function gatherGroups(
  deps: GatherGroupsDeps,
  before: readonly ListedGroup[],
  signal: AbortSignal,
): Promise<GatheredGroups> {
  const root = await ask(deps, '/apis', signal);
  let isComplete = true;
  const listVersion = async (group: string, version: string): Promise<readonly ListedResource[]> => {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    try {
      return parseResources(await ask(deps, path, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      isComplete = false;
      deps.log.warn('a group of the parent does not answer', { group, version, error: errorText(error) });
      const known = before.find((item) => item.group === group);
      return known?.versions.find((item) => item.version === version)?.resources ?? [];
    }
  };
  const groups: ListedGroup[] = [];
  for (const { group, versions, preferredVersion } of [CORE, ...parseGroups(root)]) {
    const listed: ListedGroup['versions'][number][] = [];
    for (const version of versions) listed.push({ version, resources: await listVersion(group, version) });
    groups.push({ group, preferredVersion, versions: listed });
  }
  return { groups, isComplete };
}

const CORE = { group: '', versions: ['v1'], preferredVersion: 'v1' };

function ask({ client }: GatherGroupsDeps, path: string, signal: AbortSignal): Promise<JsonValue> {
  return withTimeout(TIMEOUT_MS, signal, `discovery of ${path}`, (inner) =>
    client.rawJson({ method: 'GET', path, what: `discover ${path}` }, inner),
  );
}

function parseGroups(list: JsonValue): { group: string; versions: string[]; preferredVersion: string }[] {
  return objectsAt(list, 'groups').map((item) => ({
    group: textAt(item, 'name'),
    versions: objectsAt(item, 'versions').map((version) => textAt(version, 'version')),
    preferredVersion: textAt(objectAt(item, 'preferredVersion'), 'version'),
  }));
}

function parseResources(list: JsonValue): ListedResource[] {
  return (isJsonObject(list) ? objectsAt(list, 'resources') : []).map((item: JsonObject) => ({
    name: textAt(item, 'name'),
    singularName: textAt(item, 'singularName'),
    namespaced: item['namespaced'] === true,
    kind: textAt(item, 'kind'),
    verbs: textsAt(item, 'verbs'),
  }));
}
