import { invalidValue } from '@clusternet/apiserver';
import type { StatusCause } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { objectAt } from './fields.ts';

const MAX_KEY_LENGTH = 253;
const KEY_MESSAGE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** What is wrong with the keys of a ConfigMap or a Secret: they become names of files. */
export function validateConfigKeys(object: KubeObject, field: string): StatusCause[] {
  return Object.keys(objectAt(object, field) ?? {}).flatMap((key) =>
    listKeyMistakes(key).map((mistake) => invalidValue(`${field}[${key}]`, key, mistake)),
  );
}

function listKeyMistakes(key: string): string[] {
  return [
    ...(key.length > MAX_KEY_LENGTH ? [`must be no more than ${MAX_KEY_LENGTH} characters`] : []),
    ...(/^[-._a-zA-Z0-9]+$/.test(key) ? [] : [KEY_MESSAGE]),
    ...(key === '.' || key === '..' ? [`must not be '${key}'`] : []),
    ...(key !== '..' && key.startsWith('..') ? ["must not start with '..'"] : []),
  ];
}
