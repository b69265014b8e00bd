import { ANNOTATIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { PluginError } from '../errors.ts';

/**
 * Approves or denies a request to join.
 * @param word - name of the request, or of the cluster that asks
 * @returns what to tell
 * @throws {PluginError} `NOT_FOUND`, `AMBIGUOUS`
 */
export async function decideRequest(
  client: KubeClient,
  word: string,
  decision: 'accept' | 'deny',
  signal: AbortSignal,
): Promise<string> {
  const requests = client.resource<ClusterRegistrationRequest>(clusternetRef('ClusterRegistrationRequest'));
  const { items } = await requests.list({}, signal);
  const request = findRequest(word, items);
  const { name = '', uid = '' } = request.metadata;
  const annotations = { [ANNOTATIONS.approval]: decision === 'accept' ? uid : 'denied' };
  await requests.patch({ name }, 'merge', { metadata: { annotations } }, {}, signal);
  const cluster = request.spec?.clusterName ?? '';
  return `clusterregistrationrequest.clusters.clusternet.io/${name} ${decision === 'accept' ? 'accepted' : 'denied'}${cluster === '' ? '' : ` (cluster ${cluster})`}\n`;
}

export function findRequest(
  word: string,
  requests: readonly ClusterRegistrationRequest[],
): ClusterRegistrationRequest {
  const found = requests.filter(({ metadata, spec }) => metadata.name === word || spec?.clusterName === word);
  const [only, ...others] = found;
  if (only === undefined) {
    const waiting = requests.filter(({ status }) => (status?.result ?? '') === '');
    const names = waiting.map(({ metadata, spec }) => spec?.clusterName ?? metadata.name ?? '').slice(0, 10);
    const known =
      names.length === 0 ? 'nobody waits to be let in' : `those that wait are ${names.join(', ')}`;
    throw new PluginError('NOT_FOUND', `no cluster ${word} has asked to join: ${known}`);
  }
  if (others.length > 0) {
    const names = found.map(({ metadata }) => metadata.name ?? '');
    throw new PluginError(
      'AMBIGUOUS',
      `${found.length} clusters ask to join as ${word}; give one of ${names.join(', ')}`,
    );
  }
  return only;
}
