import { API_VERSIONS, LABELS, LABEL_VALUES, NAMESPACES } from '@clusternet/api-types';
import { cloneJson, parseApiVersion } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';

/**
 * The Manifest as which the shadow API stores an object (docs: spec B §5.4). Journeys that are not
 * about that API write Manifests themselves.
 *
 * @param plural - of the object's kind
 */
export function toManifest(object: KubeObject, plural: string): KubeObject {
  const { group, version } = parseApiVersion(object.apiVersion);
  const { name = '', namespace = '' } = object.metadata;
  const template = cloneJson(object as unknown as JsonValue) as unknown as KubeObject;
  const labels = { ...object.metadata.labels, [LABELS.createdBy]: LABEL_VALUES.createdByHub };
  template.metadata.labels = labels;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Manifest',
    metadata: {
      name: [plural, namespace, name].filter((part) => part !== '').join('.'),
      namespace: NAMESPACES.reserved,
      labels: {
        ...labels,
        [LABELS.configGroup]: group,
        [LABELS.configVersion]: version,
        [LABELS.configKind]: object.kind,
        [LABELS.configName]: name,
        [LABELS.configNamespace]: namespace,
      },
    },
    template,
  };
}
