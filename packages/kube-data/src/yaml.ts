import { Document, isScalar, parseAllDocuments, visit } from 'yaml';
import type { DocumentOptions, Pair, ParseOptions, ScalarTag, SchemaOptions, Tags } from 'yaml';
import { decodeBase64, decodeUtf8 } from './bytes.ts';
import { ParseError } from './errors.ts';
import { compareYamlKeys } from './go-key-order.ts';
import { integerFrom, parseJson } from './json.ts';
import { setKey } from './json-value.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

const NUMBER =
  /^[-+]?(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?)$/;
const PREFIXED = /^0(?:[bB][01]+|[oO][0-7]+|[xX][0-9a-fA-F]+)$/;

/** Go's reading of a plain scalar that begins like a number: `0777` is octal, `08` is 8, `1_000` is 1000. */
const numberTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: NUMBER,
  resolve(text) {
    const negative = text.startsWith('-');
    const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
    if (PREFIXED.test(digits)) return signed(BigInt(digits.toLowerCase()), negative);
    if (/^0[0-7]+$/.test(digits)) return signed(BigInt(`0o${digits.slice(1)}`), negative);
    if (/^(?:0|[1-9]\d*)$/.test(digits)) return signed(BigInt(digits), negative);
    return negative ? -Number(digits) : Number(digits);
  },
};

/** Only for an explicit `!!float`. */
const floatTag: ScalarTag = { ...numberTag, tag: 'tag:yaml.org,2002:float', default: false };

function signed(value: bigint, negative: boolean): number | bigint {
  return integerFrom((negative ? -value : value).toString());
}

/** `!!binary` is the text that the bytes spell, as Go has it. */
const binaryTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text) => decodeUtf8(decodeBase64(text.replaceAll(/\s/g, ''))),
};

const DROPPED = /:(?:binary|float|int|omap|pairs|set|timestamp)$/;

function readTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === 'string') return true;
    // Infinity and NaN stay recognised, so that they can be refused: JSON has neither.
    return (
      !DROPPED.test(tag.tag) || (tag.tag.endsWith(':float') && tag.format === undefined && isNotFinite(tag))
    );
  });
  return [...kept, numberTag, floatTag, binaryTag];
}

function isNotFinite(tag: Exclude<Tags[number], string>): boolean {
  return 'test' in tag && tag.test instanceof RegExp && tag.test.test('.inf');
}

/** How Go reads YAML. */
export const PARSE_OPTIONS: DocumentOptions & ParseOptions & SchemaOptions = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  logLevel: 'silent',
  prettyErrors: true,
  customTags: readTags,
};

/** How `parseYaml` reads. */
export interface ParseYamlOptions {
  /** Reads the first of several documents, as Go's decoder does, rather than to refuse them. @default false */
  readonly takesFirst?: boolean;
}

/**
 * Parses one YAML document the way sigs.k8s.io/yaml does: YAML 1.1, `on`/`yes` are booleans, dates and
 * sexagesimals are text, keys are text, the last of equal keys wins. No document is null.
 *
 * @throws {ParseError} `INVALID_YAML`, also for more than one document and for values JSON does not have.
 */
export function parseYaml(text: string, options: ParseYamlOptions = {}): JsonValue {
  if (/^\s*[{[]/.test(text)) {
    try {
      return parseJson(text); // valid JSON means the same in both, and this is many times faster
    } catch {
      // Not JSON: flow-style YAML, or an error the YAML parser describes.
    }
  }
  const documents = readDocuments(text, options.takesFirst === true ? 1 : Infinity);
  if (documents.length > 1) {
    throw new ParseError('INVALID_YAML', `expected one YAML document, found ${documents.length}`);
  }
  return documents[0] ?? null;
}

/**
 * Parses a stream of YAML documents, in order. Documents without content (comments only) are skipped.
 *
 * @throws {ParseError} `INVALID_YAML`
 */
export function parseYamlDocuments(text: string): JsonValue[] {
  return readDocuments(text, Infinity).filter((document) => document !== null);
}

function readDocuments(text: string, limit: number): JsonValue[] {
  try {
    const documents = parseAllDocuments(text, PARSE_OPTIONS);
    return (limit === Infinity ? documents : documents.slice(0, limit)).map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      assertKeys(document);
      return toJson(document.toJS({ maxAliasCount: 100 }));
    });
  } catch (cause) {
    if (cause instanceof ParseError) throw cause;
    const [firstLine = ''] = (cause as Error).message.split('\n');
    throw new ParseError('INVALID_YAML', `not valid YAML: ${firstLine}`, { cause });
  }
}

/** JSON has no key for null, and sigs.k8s.io/yaml makes none up. */
function assertKeys(document: Document): void {
  visit(document, {
    Pair(_key, { key }) {
      if (key === null || (isScalar(key) && key.value === null))
        throw new ParseError('INVALID_YAML', 'a key of a YAML mapping cannot be null');
    },
  });
}

/** Copies, because aliases share one object, and refuses what JSON cannot carry. */
function toJson(value: unknown): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new ParseError('INVALID_YAML', `JSON has no value for the YAML number ${value}`);
  }
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return (value ?? null) as JsonValue;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) setKey(result, key, toJson((value as JsonObject)[key]));
  return result;
}

/** Text that a reader may take for a merge or a default value: quoted like every other ambiguous text. */
const guardTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:merge-or-value',
  default: true,
  test: /^(?:<<|=)$/,
  resolve: (text) => text,
};

function comparePairs(a: Pair, b: Pair): number {
  return compareYamlKeys(keyText(a), keyText(b));
}

function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

/** How `stringifyYaml` writes. */
export interface StringifyYamlOptions {
  /**
   * Sort keys, in Go's order.
   * @default false
   */
  readonly sortKeys?: boolean;
}

/**
 * Writes YAML that every YAML 1.1 and 1.2 reader takes as the same data: text that either would read as
 * something else (`on`, `1_000`, `0o7`, dates) is quoted. Two spaces deep, lists not indented under their key.
 */
export function stringifyYaml(value: unknown, options: StringifyYamlOptions = {}): string {
  const document = new Document(value, {
    version: '1.1',
    compat: 'core',
    // The merge tag would claim the text `<<` as its own and write it bare.
    customTags: (tags) => [
      ...tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':merge')),
      guardTag,
    ],
    aliasDuplicateObjects: false,
    sortMapEntries: options.sortKeys === true ? comparePairs : false,
  });
  visit(document, {
    Scalar(_key, node) {
      // The library writes blank lines as a block that reads back as nothing.
      if (typeof node.value === 'string' && node.value.trim() === '') node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}
