import { equalJson, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import fc from 'fast-check';
import { isApiError } from '../errors/api-error.ts';
import type { FuzzTarget } from './fuzz-target.fixture.ts';
import { createThingBench } from './thing-bench.fixture.ts';

const word = fc.constantFrom('red', 'green', 'blue');
const key = fc.constantFrom('a', 'b', '__proto__');
const port = fc.record(
  { port: fc.constantFrom(80, 81, 82), name: word, color: word },
  { requiredKeys: ['port'] },
);
const given = fc.record(
  {
    color: word,
    size: fc.integer({ min: 0, max: 2 }),
    labels: fc
      .array(fc.tuple(key, word), { minLength: 1, maxLength: 2 })
      .map((entries) => Object.fromEntries(entries)),
    exact: fc.record({ a: word, b: word }, { requiredKeys: [] }),
    tags: fc.uniqueArray(word, { minLength: 1 }),
    plain: fc.array(word, { maxLength: 2 }),
    ports: fc.uniqueArray(port, { selector: (item) => item.port, minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
/**
 * What somebody applies: fields of every structure. Where something was, an empty map is refused, as by Kubernetes,
 * and who owns an empty list depends on who was first: there are none here.
 */
const spec = given.map((value) => value as unknown as JsonObject);

/** What a spec says, a line for each thing that can be owned: atomic values whole, members by what names them. */
function describe(value: JsonValue | undefined): Map<string, string> {
  const lines = new Map<string, string>();
  const add = (path: string, inner: JsonValue | undefined): void => {
    if (inner !== undefined) lines.set(path, JSON.stringify(inner));
  };
  if (!isJsonObject(value)) return lines;
  for (const field of ['color', 'size', 'exact', 'plain']) add(field, value[field]);
  const inner = value['labels'];
  if (isJsonObject(inner)) for (const [name, text] of Object.entries(inner)) add(`labels/${name}`, text);
  for (const tag of listOf(value['tags'])) add(`tags/${JSON.stringify(tag)}`, tag);
  for (const item of listOf(value['ports'])) {
    if (!isJsonObject(item)) continue;
    for (const [name, text] of Object.entries(item))
      add(`ports/${JSON.stringify(item['port'])}/${name}`, text);
  }
  return lines;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function specOf(object: KubeObject): Map<string, string> {
  return describe(object['spec'] as JsonValue | undefined);
}

/** The managers that an object is owned by, with what they own. */
function ownersOf({ metadata }: KubeObject): Map<string, string> {
  return new Map(
    (metadata.managedFields ?? []).map((entry) => {
      const { manager, fieldsV1 } = entry as { manager: string; fieldsV1: JsonValue };
      return [manager, JSON.stringify(fieldsV1)];
    }),
  );
}

/** An empty list alone is nothing that somebody could own: Kubernetes takes it for there before anybody applied. */
function isOwned(value: JsonObject): boolean {
  return describe(value).size > 0;
}

function has(all: ReadonlyMap<string, string>, some: ReadonlyMap<string, string>): boolean {
  return [...some].every(([path, value]) => all.get(path) === value);
}

/** Laws of server-side apply. */
export const applyTargets: readonly FuzzTarget[] = [
  {
    name: 'an apply has what it says, and nothing else comes from it',
    property: fc.asyncProperty(spec, async (first) => {
      const object = await createThingBench().apply('one', first);
      const found = specOf(object);
      return has(found, describe(first)) && has(describe(first), found);
    }),
  },
  {
    name: 'an apply that is said again is no write',
    property: fc.asyncProperty(spec, spec, async (first, second) => {
      const bench = createThingBench();
      await bench.apply('one', first);
      const once = await bench.apply('two', second);
      return equalJson(await bench.apply('two', second), once);
    }),
  },
  {
    name: 'who takes over by force has what it says, and all else comes from the other',
    property: fc.asyncProperty(spec, spec, async (first, second) => {
      const bench = createThingBench();
      await bench.apply('one', first);
      const found = specOf(await bench.apply('two', second));
      const [wanted, before] = [describe(second), describe(first)];
      const comes = [...found].every(
        ([path, value]) => wanted.get(path) === value || before.get(path) === value,
      );
      const stays = [...before.keys()].every((path) => found.has(path));
      return has(found, wanted) && comes && stays;
    }),
  },
  {
    name: 'without force, both have what they say or the second is told of a conflict',
    property: fc.asyncProperty(spec, spec, async (first, second) => {
      const bench = createThingBench();
      const before = await bench.apply('one', first);
      try {
        const after = await bench.apply('two', second, false);
        const found = specOf(after);
        const owners = ownersOf(after);
        const keeps = owners.get('one') === ownersOf(before).get('one');
        const owns = describe(second).size === 0 || owners.has('two');
        return has(found, describe(first)) && has(found, describe(second)) && keeps && owns;
      } catch (error) {
        return isApiError(error, 'Conflict') && equalJson(await bench.things.get('ns', 'x'), before);
      }
    }),
  },
  {
    name: 'what is applied no more goes, unless somebody else has it',
    property: fc.asyncProperty(spec, spec, spec, async (first, second, third) => {
      const bench = createThingBench();
      await bench.apply('one', first);
      await bench.apply('two', second);
      const found = specOf(await bench.apply('one', third));
      const [wanted, others] = [describe(third), describe(second)];
      const comes = [...found].every(
        ([path, value]) => wanted.get(path) === value || others.get(path) === value,
      );
      const stays = [...others.keys()].every((path) => found.has(path));
      return has(found, wanted) && comes && stays;
    }),
  },
  {
    name: 'who applies nothing at the end leaves what was there at the beginning',
    property: fc.asyncProperty(spec.filter(isOwned), spec, async (first, second) => {
      const bench = createThingBench();
      await bench.apply('one', first);
      await bench.apply('two', second);
      await bench.apply('one', undefined);
      const object = await bench.apply('two', undefined);
      return specOf(object).size === 0 && (object.metadata.managedFields ?? []).length === 0;
    }),
  },
];
