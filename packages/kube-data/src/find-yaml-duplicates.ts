import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { PARSE_OPTIONS } from './yaml.ts';

/**
 * The keys that a mapping of a YAML document holds twice, in the words of Go's strict YAML decoder.
 *
 * @param text - one YAML document that `parseYaml` reads
 * @returns such as `line 4: key "name" already set in map`, those of inner mappings before those around them
 */
export function findYamlDuplicates(text: string): string[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...PARSE_OPTIONS, lineCounter: lines });
  const found: string[] = [];
  if (document.contents !== null) walk(document.contents, { document, lines, found });
  return found;
}

interface Walk {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly found: string[];
}

function walk(node: Node, context: Walk): void {
  if (isSeq(node)) for (const item of node.items) if (isNode(item)) walk(item, context);
  if (isMap(node)) walkMapping(node, context);
}

function walkMapping(mapping: YAMLMap, context: Walk): void {
  const seen = new Set<string>();
  for (const { key, value } of mapping.items) {
    if (isScalar(key) && typeof key.value === 'symbol') {
      // `<<`, as the library marks it
      for (const name of mergedKeys(value, context.document)) seen.add(name);
      continue;
    }
    if (isNode(value)) walk(value, context);
    const name = isScalar(key) ? showKey(key.value) : undefined;
    if (name === undefined) continue;
    if (seen.has(name)) {
      const offset =
        (isNode(value) ? value.range?.[0] : undefined) ?? (isNode(key) ? key.range?.[0] : undefined);
      context.found.push(`line ${context.lines.linePos(offset ?? 0).line}: key ${name} already set in map`);
    } else seen.add(name);
  }
}

/** What `<<` brings in counts as set. */
function mergedKeys(value: unknown, document: Document): string[] {
  const source = isAlias(value) ? value.resolve(document) : value;
  if (isSeq(source)) return source.items.flatMap((item) => mergedKeys(item, document));
  if (!isMap(source)) return [];
  return source.items.flatMap(({ key }) => (isScalar(key) ? [showKey(key.value)] : []));
}

function showKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}
