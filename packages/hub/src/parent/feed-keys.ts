import { LABELS } from '@clusternet/api-types';
import type { Feed, Manifest } from '@clusternet/api-types';
import { toLabelValue } from './label-value.ts';

/**
 * Finds the Manifests of a feed, whatever their namespace: group, version, kind and name. An `apiVersion` that
 * is none finds nothing.
 */
export function manifestKey({ apiVersion, kind, name }: Feed): string {
  const parts = apiVersion.split('/');
  const [group = '', version = ''] = parts.length === 1 ? ['', ...parts] : parts;
  if (parts.length > 2 || version === '') return '';
  return [toLabelValue(group), version, kind, toLabelValue(name)].join('|');
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
