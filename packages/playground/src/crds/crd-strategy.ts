import { invalidValue, requiredValue } from '@clusternet/apiserver';
import type { ResourceStrategy, StatusCause } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { equalJson, stringifyJson } from '@clusternet/kube-data';
import { ensureObject, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { validateStructural } from './structural-schema.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** CustomResourceDefinitions themselves. */
export const crdStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = ensureObject(object as unknown as JsonObject, 'spec');
    const names = ensureObject(spec, 'names');
    const kind = textAt(names, 'kind');
    if (textAt(names, 'singular') === '') names['singular'] = kind.toLowerCase();
    if (textAt(names, 'listKind') === '' && kind !== '') names['listKind'] = `${kind}List`;
    ensureObject(spec, 'conversion')['strategy'] ??= 'None';
    if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  },
  prepareCreate(object) {
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(CLEANUP_FINALIZER))
      object.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    object['status'] = { acceptedNames: { kind: '', plural: '' }, conditions: [], storedVersions: [] };
  },
  validate: (next, live) => validateCrd(next, live),
};

function validateCrd(next: KubeObject, live: KubeObject | undefined): StatusCause[] {
  const spec = objectAt(next, 'spec') ?? {};
  const names = objectAt(spec, 'names');
  const causes: StatusCause[] = [];
  const [group, plural] = [textAt(spec, 'group'), textAt(names, 'plural')];
  if (group === '') causes.push(requiredValue('spec.group'));
  if (plural === '') causes.push(requiredValue('spec.names.plural'));
  if (textAt(names, 'kind') === '') causes.push(requiredValue('spec.names.kind'));
  if (next.metadata.name !== `${plural}.${group}`) {
    causes.push(
      invalidValue('metadata.name', next.metadata.name, 'must be spec.names.plural+"."+spec.group'),
    );
  }
  const scope = textAt(spec, 'scope');
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${stringifyJson(scope)}: supported values: "Cluster", "Namespaced"`,
      field: 'spec.scope',
    });
  }
  const versions = objectsAt(spec, 'versions');
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    causes.push(
      invalidValue(
        'spec.versions',
        versions.length,
        'must have exactly one version marked as storage version',
      ),
    );
  }
  versions.forEach((version, index) => {
    const schema = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema');
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (schema === undefined) causes.push(requiredValue(path, 'schemas are required'));
    else causes.push(...validateStructural(schema, path));
  });
  if (live !== undefined) causes.push(...validateCrdUpdate(spec, objectAt(live, 'spec') ?? {}));
  return causes;
}

function validateCrdUpdate(spec: JsonObject, before: JsonObject): StatusCause[] {
  return (['group', 'scope'] as const)
    .filter((key) => !equalJson(spec[key], before[key]))
    .map((key) => invalidValue(`spec.${key}`, spec[key], 'field is immutable'));
}
