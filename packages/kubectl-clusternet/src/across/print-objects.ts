import { LABELS } from '@clusternet/api-types';
import { isJsonObject, objectAt, objectsAt, stringifyJson, stringifyYaml } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import type { Target } from './choose-clusters.ts';
import type { ServedKind } from './find-kind.ts';
import { TABLE } from './printer.ts';
import type { Printer } from './printer.ts';
import { readTable } from './read-table.ts';

const JSON_ONLY = 'application/json';

/** `CLUSTER KIND/NAME`, one object a line. */
export function createNamePrinter(): Printer {
  return {
    accept: TABLE,
    print: ({ label }, { kind, group }, answer) => {
      const type = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
      return (readTable(answer)?.rows ?? []).map(({ name }) => `${label} ${type}/${name}\n`).join('');
    },
    end: () => '',
  };
}

/** One List of everything, as it comes. Annotations say where an object is. */
export function createJsonPrinter(): Printer {
  let isFirst = true;
  return {
    accept: JSON_ONLY,
    print: (target, kind, answer) =>
      objectsOf(answer)
        .map((object) => {
          const lead = isFirst ? '{"apiVersion":"v1","kind":"List","metadata":{},"items":[\n' : ',\n';
          isFirst = false;
          return lead + stringifyJson(withOrigin(object, kind, target));
        })
        .join(''),
    end: () => (isFirst ? '{"apiVersion":"v1","kind":"List","metadata":{},"items":[]}\n' : '\n]}\n'),
  };
}

/** The same as YAML. */
export function createYamlPrinter(): Printer {
  let isFirst = true;
  return {
    accept: JSON_ONLY,
    print: (target, kind, answer) =>
      objectsOf(answer)
        .map((object) => {
          const lead = isFirst ? 'apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n' : '';
          isFirst = false;
          // A list of one, so that its lines stand where they would in a long one.
          return lead + stringifyYaml([withOrigin(object, kind, target)]);
        })
        .join(''),
    end: () => (isFirst ? 'apiVersion: v1\nkind: List\nmetadata: {}\nitems: []\n' : ''),
  };
}

function objectsOf(answer: JsonValue): JsonObject[] {
  if (!isJsonObject(answer)) return [];
  return Array.isArray(answer['items']) ? objectsAt(answer, 'items') : [answer];
}

/** Items of lists come without apiVersion and kind, and from no place. */
function withOrigin(object: JsonObject, kind: ServedKind, { clusterId, label }: Target): JsonObject {
  const metadata = { ...objectAt(object, 'metadata') };
  delete metadata['managedFields']; // as kubectl prints it
  return {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    ...object,
    metadata: {
      ...metadata,
      annotations: {
        ...objectAt(metadata, 'annotations'),
        [LABELS.clusterId]: clusterId,
        [LABELS.clusterName]: label,
      },
    },
  };
}
