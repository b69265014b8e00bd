export { cloneJson, compareText, equalJson, getKey, isJsonObject, setKey } from './json-value.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export type {
  Condition,
  KubeObject,
  LabelSelector,
  LabelSelectorRequirement,
  ObjectMeta,
  OwnerReference,
} from './kube-object.ts';
export { isParseError, isPatchError, ParseError, PatchError } from './errors.ts';
export type { ParseErrorCode, PatchErrorCode } from './errors.ts';
export { parseJson, stringifyJson } from './json.ts';
export { findJsonMistake } from './find-json-mistake.ts';
export { findStrictErrors } from './strict-errors.ts';
export { parseYaml, parseYamlDocuments, stringifyYaml } from './yaml.ts';
export type { ParseYamlOptions, StringifyYamlOptions } from './yaml.ts';
export { findYamlDuplicates } from './find-yaml-duplicates.ts';
export { formatPointer, getByPointer, parsePointer } from './pointer.ts';
export { applyJsonPatch } from './json-patch.ts';
export type { JsonPatchOperation, JsonPatchOptions } from './json-patch.ts';
export { applyMergePatch, createMergePatch } from './merge-patch.ts';
export { createSelector, formatSelector, matchSelector, parseLabelSelector } from './label-selector.ts';
export type { Requirement, Selector, SelectorOperator } from './label-selector.ts';
export { matchFieldSelector, parseFieldSelector } from './field-selector.ts';
export type { FieldRequirement, FieldSelector } from './field-selector.ts';
export {
  createSuffix,
  isDnsLabel,
  isDnsSubdomain,
  isLabelKey,
  isLabelValue,
  isUuid,
  objectKey,
} from './names.ts';
export { formatApiVersion, parseApiVersion } from './api-version.ts';
export type { GroupVersion } from './api-version.ts';
export { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8, hashFnv1a32 } from './bytes.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';
export { builtInPatchSchema } from './patch-schema.ts';
export type { PatchField, PatchSchema } from './patch-schema.ts';
export { labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from './json-fields.ts';
export { evaluateJsonPath } from './json-path.ts';
export { addQuantities, compareQuantities, formatQuantity, parseQuantity } from './quantity.ts';
export type { Quantity, QuantityFormat } from './quantity.ts';
