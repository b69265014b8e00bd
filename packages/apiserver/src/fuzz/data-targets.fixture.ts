import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  builtInPatchSchema,
  createMergePatch,
  equalJson,
  findJsonMistake,
  findStrictErrors,
  formatSelector,
  isParseError,
  isPatchError,
  matchSelector,
  parseFieldSelector,
  parseJson,
  parseLabelSelector,
  parseYaml,
  stringifyJson,
  stringifyYaml,
} from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import fc from 'fast-check';
import { broken, json, jsonObject, keys } from './arbitraries.fixture.ts';
import type { FuzzTarget } from './fuzz-target.fixture.ts';

const JSON_SIGNS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u',
  '-',
  '0',
  '1e',
  '.',
  'null',
  'tru',
  '\n',
  '\u0000',
];
const jsonText = broken(
  json.map((value) => stringifyJson(value)),
  JSON_SIGNS,
);
const SELECTOR_SIGNS = [
  '=',
  '==',
  '!=',
  '!',
  ' in ',
  ' notin ',
  '(',
  ')',
  ',',
  ' ',
  '>',
  '<',
  'a',
  'b',
  '/',
  '\\',
];
const selectorText = fc.oneof(
  fc.array(fc.constantFrom(...SELECTOR_SIGNS), { maxLength: 10 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 12 }),
);
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', '1', '2', 'x'));
const requirement = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('=', '==', '!='), fc.constantFrom('1', '2', 'x')),
  fc.tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom(' in ', ' notin '),
    fc.constantFrom('(1)', '(2,x)', '(1,2)'),
  ),
  fc.tuple(fc.constantFrom('', '!'), fc.constantFrom('a', 'b', 'c'), fc.constant('')),
);

/** Runs something that may refuse; undefined when it does. Anything else that it throws is a bug. */
function attempt<T>(run: () => T, isRefusal: (error: unknown) => boolean): { readonly value: T } | undefined {
  try {
    return { value: run() };
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

function isNativeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const texts: readonly FuzzTarget[] = [
  {
    name: 'JSON is read as it was written',
    property: fc.property(json, (value) => equalJson(parseJson(stringifyJson(value)), value)),
  },
  {
    name: 'JSON is what the language takes for JSON, and its mistakes have a description',
    property: fc.property(jsonText, (text) => {
      const read = attempt(() => parseJson(text), isParseError);
      const mistake = findJsonMistake(text);
      if (read !== undefined) findStrictErrors(text);
      // Numbers that are too large for Go are no JSON there.
      return (read !== undefined) === isNativeJson(text) && (read === undefined || mistake === undefined);
    }),
  },
  {
    name: 'YAML is read as it was written',
    property: fc.property(jsonObject, (value) => equalJson(parseYaml(stringifyYaml(value)), value)),
  },
  {
    name: 'YAML is read, or refused as such',
    property: fc.property(
      broken(
        jsonObject.map((value) => stringifyYaml(value)),
        ['&a ', '*a', ': ', '- ', '\t', '|', '>', '%', '!!x ', '? '],
      ),
      (text) => {
        attempt(() => parseYaml(text, { takesFirst: true }), isParseError);
      },
    ),
  },
  {
    name: 'selectors are read, or refused as such; what is read can be written',
    property: fc.property(selectorText, labels, (text, given) => {
      attempt(() => parseFieldSelector(text), isParseError);
      const read = attempt(() => parseLabelSelector(text), isParseError);
      if (read === undefined) return true;
      const again = parseLabelSelector(formatSelector(read.value));
      return matchSelector(read.value, given) === matchSelector(again, given);
    }),
  },
  {
    name: 'selectors select what they say',
    property: fc.property(fc.array(requirement, { maxLength: 3 }), labels, (terms, given) => {
      const selector = parseLabelSelector(terms.map((term) => term.join('')).join(','));
      return matchSelector(selector, given) === terms.every((term) => holds(term, given));
    }),
  },
];

/** One requirement, read independently of the parser. */
function holds([first, operator, last]: readonly string[], given: Readonly<Record<string, string>>): boolean {
  const has = (key: string): boolean => Object.hasOwn(given, key);
  if (first === '' || first === '!') return has(operator ?? '') === (first === '');
  const key = first ?? '';
  const values = (last ?? '').replaceAll(/[()]/g, '').split(',');
  const isIn = has(key) && values.includes(given[key] ?? '');
  return operator === '!=' || operator === ' notin ' ? !isIn : isIn;
}

const pointer = fc
  .array(fc.oneof(keys, fc.constantFrom('0', '1', '-', '-1', '99')), { maxLength: 3 })
  .map((tokens) => tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'copy', 'move', 'remove', 'replace', 'test', 'spam'),
    path: fc.oneof(pointer, fc.string({ maxLength: 4 })),
    from: pointer,
    value: json,
  },
  { requiredKeys: ['op'] },
);
const pod = builtInPatchSchema('v1', 'Pod');
const item = fc.record({ name: fc.constantFrom('x', 'y', 'z'), image: fc.constantFrom('1', '2') });
const podLike = fc.record({
  metadata: fc.record(
    { labels, finalizers: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')) },
    { requiredKeys: [] },
  ),
  spec: fc.record({ containers: fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 3 }) }),
});
const directive = fc.record(
  {
    $patch: fc.constantFrom('replace', 'delete', 'merge', 'spam'),
    $retainKeys: fc.array(keys, { maxLength: 2 }),
    '$setElementOrder/containers': fc.array(fc.oneof(item, json), { maxLength: 2 }),
    '$deleteFromPrimitiveList/finalizers': fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    containers: fc.array(fc.oneof(item, jsonObject), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const strategicPatch = fc.oneof(podLike, fc.record({ metadata: directive, spec: directive }), jsonObject);

/** Whether a patch leaves its arguments alone, gives JSON and throws nothing but what it says. */
function isSound(document: JsonValue, patch: JsonValue, apply: () => JsonValue): JsonValue | undefined {
  const before = stringifyJson([document, patch]);
  const result = attempt(apply, (error) => isPatchError(error) || isParseError(error));
  if (stringifyJson([document, patch]) !== before) throw new Error('the patch has changed what it was given');
  if (result !== undefined && !equalJson(parseJson(stringifyJson(result.value)), result.value))
    throw new Error('the patch has left something that is not JSON');
  return result?.value;
}

const patches: readonly FuzzTarget[] = [
  {
    name: 'a JSON patch applies or is refused, and changes nothing but its result',
    property: fc.property(json, fc.array(operation, { maxLength: 5 }), (document, operations) => {
      const patch = operations as unknown as JsonValue;
      isSound(document, patch, () => applyJsonPatch(document, patch));
      isSound(document, patch, () => applyJsonPatch(document, patch, { dialect: 'rfc6902' }));
    }),
  },
  {
    name: 'a merge patch made of two documents turns one into the other',
    property: fc.property(jsonObject, jsonObject, (from, to) => {
      const target = withoutNulls(to);
      const patch = createMergePatch(from, target);
      return equalJson(patch === undefined ? from : applyMergePatch(from, patch), target);
    }),
  },
  {
    name: 'a merge patch applied twice does what it does once',
    property: fc.property(json, json, (document, patch) => {
      const once = isSound(document, patch, () => applyMergePatch(document, patch));
      return once !== undefined && equalJson(applyMergePatch(once, patch), once);
    }),
  },
  {
    name: 'a strategic merge patch applies or is refused',
    property: fc.property(fc.oneof(podLike, jsonObject), strategicPatch, (document, patch) => {
      const given: JsonValue = document;
      const asked: JsonValue = patch;
      isSound(given, asked, () => applyStrategicMergePatch(given, asked, pod));
    }),
  },
  {
    name: 'a strategic merge patch without directives does twice what it does once, and has what it says',
    property: fc.property(podLike, podLike, (document, patch) => {
      const given: JsonValue = document;
      const asked: JsonValue = patch;
      const result = applyStrategicMergePatch(given, asked, pod);
      const once = result as unknown as typeof document;
      const has = patch.spec.containers.every((wanted) =>
        once.spec.containers.some((found) => found.name === wanted.name && found.image === wanted.image),
      );
      return has && equalJson(applyStrategicMergePatch(result, asked, pod), result);
    }),
  },
];

/** A merge patch cannot set null. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner ?? null)]),
  );
}

/** Texts and patches. */
export const dataTargets: readonly FuzzTarget[] = [...texts, ...patches];
