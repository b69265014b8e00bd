import { ANNOTATIONS, API_VERSIONS, LABELS, LABEL_VALUES } from '@clusternet/api-types';
import { cloneJson, isJsonObject, parseApiVersion, parseJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject, ObjectMeta } from '@clusternet/kube-data';
import { toLabelValue } from '../parent/label-value.ts';
import type { ObjectPlace } from './manifest-names.ts';
import { storageResourceOf } from './shadow-kind.ts';
import { trimObject } from './trim-object.ts';

/** On a Manifest: who owns which field of its object, as server-side apply needs it. The template must not carry it. */
export const OWNERS_ANNOTATION = 'apps.clusternet.io/managed-fields';

/** Annotations may hold 256 KiB together. A longer record is not kept: apply then takes fields over without asking. */
const MAX_OWNERS = 200_000;

/** Where an object is kept, read from its Manifest. */
export interface ManifestPlace extends ObjectPlace {
  readonly resource: string;
}

/** The Manifest in which an object is stored (spec B §5.4). The object is not written to. */
export function createManifest(object: KubeObject, at: { namespace: string; name: string }): KubeObject {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Manifest',
    metadata: { ...at, labels: labelsOf(object), ...annotationsOf({}, object) },
    template: createTemplate(object),
  };
}

/**
 * The Manifest of an object's next state. What others have put on the Manifest stays; labels that the object had and has no
 * longer go.
 */
export function updateManifest(before: KubeObject, object: KubeObject): KubeObject {
  const { metadata } = before;
  const former = templateOf(before)?.metadata.labels ?? {};
  const kept = Object.entries(metadata.labels ?? {}).filter(([key]) => !Object.hasOwn(former, key));
  const { annotations: known = {}, ...rest } = metadata;
  return {
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata: {
      ...rest,
      labels: { ...Object.fromEntries(kept), ...labelsOf(object) },
      ...annotationsOf(known, object),
    },
    template: createTemplate(object),
  };
}

function createTemplate(object: KubeObject): KubeObject {
  const template = cloneJson(object);
  trimObject(template);
  const { annotations } = template.metadata;
  if (annotations === undefined) return template;
  delete annotations[ANNOTATIONS.feedProtection]; // the Manifest's, shown on the object
  if (Object.keys(annotations).length === 0) delete template.metadata.annotations;
  return template;
}

function labelsOf(object: KubeObject): Record<string, string> {
  const { group, version } = parseApiVersion(object.apiVersion);
  const { name = '', namespace = '', labels = {} } = object.metadata;
  return {
    ...labels,
    [LABELS.createdBy]: LABEL_VALUES.createdByHub,
    [LABELS.configGroup]: toLabelValue(group),
    [LABELS.configVersion]: version,
    [LABELS.configKind]: object.kind,
    [LABELS.configName]: toLabelValue(name),
    [LABELS.configNamespace]: namespace,
  };
}

function annotationsOf(
  known: Readonly<Record<string, string>>,
  object: KubeObject,
): Pick<ObjectMeta, 'annotations'> {
  const { [OWNERS_ANNOTATION]: _former, ...others } = known;
  const { managedFields = [] } = object.metadata;
  const owners = managedFields.length === 0 ? '' : stringifyJson(managedFields);
  const annotations =
    owners === '' || owners.length > MAX_OWNERS ? others : { ...others, [OWNERS_ANNOTATION]: owners };
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

function templateOf({ template }: KubeObject): KubeObject | undefined {
  if (!isJsonObject(template) || !isJsonObject(template['metadata'])) return undefined;
  const { apiVersion, kind } = template;
  // All that makes an object is there.
  return typeof apiVersion === 'string' && typeof kind === 'string'
    ? (template as unknown as KubeObject)
    : undefined;
}

/** Where the object of a Manifest is kept; undefined for a Manifest that holds none of the shadow API. */
export function placeOf(manifest: KubeObject): ManifestPlace | undefined {
  const template = templateOf(manifest);
  const { labels = {} } = manifest.metadata;
  if (template === undefined || labels[LABELS.configKind] !== template.kind) return undefined;
  const [group = ''] = template.apiVersion.includes('/') ? template.apiVersion.split('/') : [];
  if (labels[LABELS.configGroup] !== toLabelValue(group)) return undefined;
  const { name = '', namespace = '' } = template.metadata;
  if (name === '') return undefined;
  return { resource: storageResourceOf({ group, kind: template.kind }), namespace, name };
}

/**
 * The object of a Manifest: its template, with the system metadata of the Manifest. Shares with the Manifest what it has in
 * common: never write to it.
 * @throws {TypeError} for a Manifest without an object; {@link placeOf} tells
 */
export function objectOf(manifest: KubeObject): KubeObject {
  const template = templateOf(manifest);
  if (template === undefined) throw new TypeError(`Manifest ${manifest.metadata.name ?? ''} holds no object`);
  const { uid, resourceVersion, generation, creationTimestamp } = manifest.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, annotations = {} } = manifest.metadata;
  const protection = annotations[ANNOTATIONS.feedProtection];
  const managedFields = parseOwners(annotations[OWNERS_ANNOTATION]);
  const system = { uid, resourceVersion, generation, creationTimestamp };
  const rest = { deletionTimestamp, deletionGracePeriodSeconds, managedFields };
  const metadata: JsonObject = {
    ...(template.metadata as JsonObject),
    ...(protection === undefined
      ? {}
      : { annotations: { ...template.metadata.annotations, [ANNOTATIONS.feedProtection]: protection } }),
  };
  for (const [key, value] of Object.entries({ ...system, ...rest })) {
    if (value === undefined) Reflect.deleteProperty(metadata, key);
    else metadata[key] = value as JsonObject[string];
  }
  return { ...template, metadata: metadata };
}

/** A record that somebody has damaged is none: applying then starts anew. */
function parseOwners(text: string | undefined): unknown[] | undefined {
  if (text === undefined) return undefined;
  try {
    const owners = parseJson(text);
    return Array.isArray(owners) ? owners : undefined;
  } catch {
    return undefined;
  }
}
