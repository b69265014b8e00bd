import { LABELS } from '@clusternet/api-types';
import type { Feed, Manifest } from '@clusternet/api-types';
import { parseApiVersion } from '@clusternet/kube-data';

/** Finds the Manifests of a feed, whatever their namespace: group, version, kind and name. */
export function manifestKey({ apiVersion, kind, name }: Feed): string {
  const { group, version } = parseApiVersion(apiVersion);
  return [group, version, kind, name].join('|');
}

/** The same key from the labels that the shadow API puts on a Manifest. */
export function manifestKeyOfLabels({ metadata: { labels = {} } }: Manifest): string {
  return [LABELS.configGroup, LABELS.configVersion, LABELS.configKind, LABELS.configName]
    .map((label) => labels[label] ?? '')
    .join('|');
}

/** Whether a Manifest is meant by a feed. A feed without a namespace means every namespace. */
export function isManifestOf(manifest: Manifest, feed: Feed): boolean {
  const { namespace = '' } = feed;
  return namespace === '' || (manifest.metadata.labels?.[LABELS.configNamespace] ?? '') === namespace;
}

/** `Kind namespace/name`, for people. */
export function describeFeed({ kind, namespace = '', name }: Feed): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
