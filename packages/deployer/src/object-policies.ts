import { ANNOTATIONS } from '@clusternet/api-types';
import { parsePointer } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { DeployError } from './errors.ts';
import { parseHealthRule } from './health/health-rule.ts';
import { describeEntry, entryOf } from './inventory.ts';

/** What the author of a template asks of its delivery, by annotations. */
export interface ObjectPolicies {
  /** Whether an object that is there and that nobody delivered becomes ours. */
  readonly isAdopted: boolean;
  /** Whether it is deleted and made anew where a field cannot be changed. */
  readonly isReplaced: boolean;
  /** Paths of fields that are others' to set once the object is there; `*` stands for every member. */
  readonly ignoredFields: readonly FieldPath[];
}

/** The parts of a JSON pointer, unescaped. */
export type FieldPath = readonly string[];

/** Without these nobody would know the object again, or whose it is. */
const NEVER_IGNORED: readonly FieldPath[] = [
  ['apiVersion'],
  ['kind'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'annotations'],
];

/** Deleting one of these deletes data, or everything in it: no annotation is worth that. */
const NEVER_REPLACED = new Set([
  'CustomResourceDefinition',
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
]);

/**
 * Reads the annotations of a template.
 * @throws {DeployError} `INVALID_ANNOTATION` naming annotation and value
 * @see docs/spec/delivery.md, "What a template asks for"
 */
export function parsePolicies(object: KubeObject): ObjectPolicies {
  const { annotations = {} } = object.metadata;
  const choice = (key: string, usual: string, other: string): boolean => {
    const value = annotations[key];
    if (value === undefined || value === usual) return false;
    if (value === other) return true;
    throw invalid(object, key, `is ${usual} or ${other}, not "${value}"`);
  };
  const healthRule = annotations[ANNOTATIONS.healthRule];
  if (healthRule !== undefined && parseHealthRule(healthRule).kind === 'invalid') {
    const forms = 'condition=Ready, condition=Ready=True, jsonpath={.status.phase}=Running';
    throw invalid(object, ANNOTATIONS.healthRule, `is "${healthRule}"; write it like one of ${forms}`);
  }
  choice(ANNOTATIONS.deletionPolicy, 'Delete', 'Orphan'); // read from the live object when that goes
  const isReplaced = choice(ANNOTATIONS.replacePolicy, 'Never', 'Recreate');
  if (isReplaced && NEVER_REPLACED.has(object.kind)) {
    throw invalid(object, ANNOTATIONS.replacePolicy, `cannot be Recreate: data would be lost with it`);
  }
  return {
    isAdopted: !choice(ANNOTATIONS.adoption, 'Allow', 'Refuse'),
    isReplaced,
    ignoredFields: parsePaths(object, annotations[ANNOTATIONS.ignoreFields] ?? ''),
  };
}

function parsePaths(object: KubeObject, text: string): FieldPath[] {
  const pointers = text.split(/[\s,]+/).filter((pointer) => pointer !== '');
  return pointers.map((pointer) => {
    const path = parsePath(pointer);
    if (path === undefined) {
      throw invalid(
        object,
        ANNOTATIONS.ignoreFields,
        `has "${pointer}", which is no path such as /spec/replicas`,
      );
    }
    if (NEVER_IGNORED.some((kept) => isWithin(kept, path) || isWithin(path, kept))) {
      throw invalid(object, ANNOTATIONS.ignoreFields, `has "${pointer}", which has to be delivered`);
    }
    return path;
  });
}

function parsePath(pointer: string): FieldPath | undefined {
  try {
    const path = parsePointer(pointer);
    return path.length === 0 || path.includes('') ? undefined : path;
  } catch {
    return undefined; // the answer, no failure
  }
}

/** Whether a path is another or leads below it. */
function isWithin(path: FieldPath, other: FieldPath): boolean {
  return other.every((part, index) => path[index] !== undefined && (part === '*' || part === path[index]));
}

function invalid(object: KubeObject, key: string, problem: string): DeployError {
  return new DeployError(
    'INVALID_ANNOTATION',
    `annotation ${key} of ${describeEntry(entryOf(object))} ${problem}`,
  );
}
