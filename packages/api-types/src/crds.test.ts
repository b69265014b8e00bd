import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createCrds } from './crds.ts';

const folder = join(import.meta.dirname, '../../../manifests/crds');
const crds = createCrds();

interface Schema {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly required?: string[];
  readonly default?: unknown;
}

interface Version {
  readonly name: string;
  readonly schema: { readonly openAPIV3Schema: Schema };
  readonly additionalPrinterColumns?: { name: string; jsonPath: string; priority?: number }[];
  readonly subresources?: object;
}

function versionOf(plural: string): Version {
  const found = crds.find(({ crd }) => crd.metadata.name.startsWith(`${plural}.`))!;
  return (found.crd.spec['versions'] as Version[])[0]!;
}

function* schemasOf(schema: Schema, path = ''): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [key, field] of Object.entries(schema.properties ?? {}))
    yield* schemasOf(field, `${path}.${key}`);
  if (schema.items !== undefined) yield* schemasOf(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* schemasOf(schema.additionalProperties, `${path}{}`);
}

describe('the checked-in CRDs', () => {
  it.each(crds)('$fileName is what the schemas say', ({ fileName, crd }) => {
    const path = join(folder, fileName);
    expect(existsSync(path), `${fileName} is missing: run tools/generate-crds.mjs`).toBe(true);
    expect(parse(readFileSync(path, 'utf8'))).toEqual(crd);
  });

  it('has no file that belongs to no kind', () => {
    expect(readdirSync(folder).toSorted()).toEqual(crds.map(({ fileName }) => fileName).toSorted());
  });
});

describe('createCrds', () => {
  it.each(crds)('$fileName is a structural schema', ({ crd }) => {
    const [version] = crd.spec['versions'] as Version[];
    for (const [path, schema] of schemasOf(version!.schema.openAPIV3Schema)) {
      const isEither = schema['x-kubernetes-int-or-string'] === true;
      expect(schema.type === undefined, `${path} has a type`).toBe(isEither);
      for (const key of ['$ref', 'patternProperties', 'strictPattern', 'const', 'oneOf', 'allOf']) {
        expect(Object.hasOwn(schema, key), `${path} has no ${key}`).toBe(false);
      }
      expect(schema.properties !== undefined && schema.additionalProperties !== undefined, path).toBe(false);
      for (const key of schema.required ?? []) expect(Object.keys(schema.properties ?? {})).toContain(key);
      if (schema.type === 'array') expect(schema.items, path).toBeDefined();
      for (const key of (schema['x-kubernetes-list-map-keys'] as string[] | undefined) ?? []) {
        expect(schema.items?.required, `${path} requires its map key`).toContain(key);
      }
    }
  });

  it('keeps the patterns unanchored and the rules of ManagedCluster', () => {
    const spec = versionOf('managedclusters').schema.openAPIV3Schema.properties!['spec']!;
    expect(spec.properties!['clusterId']!['pattern']).toMatch(/^\[0-9a-fA-F\]\{8\}/);
    expect(spec['x-kubernetes-validations']).toEqual([
      {
        rule: '!has(oldSelf.clusterInitBaseName) || has(self.clusterInitBaseName)',
        message: 'clusterInitBaseName is required once set',
      },
    ]);
    expect(spec.required).toEqual(['clusterId', 'syncMode']);
  });

  it.each([
    ['subscriptions', 'spec.schedulerName', 'default'],
    ['subscriptions', 'spec.schedulingStrategy', 'Replication'],
    ['subscriptions', 'spec.preemptionPolicy', 'PreemptLowerPriority'],
    ['subscriptions', 'spec.dividingScheduling.type', 'Static'],
    ['subscriptions', 'spec.dividingScheduling.dynamicDividing.strategy', 'Spread'],
    ['clusterregistrationrequests', 'spec.syncMode', 'Pull'],
    ['globalizations', 'spec.overridePolicy', 'ApplyLater'],
    ['localizations', 'spec.priority', 500],
    ['helmcharts', 'spec.createNamespace', true],
    ['helmreleases', 'spec.timeoutSeconds', 300],
    ['managedclusters', 'spec.syncMode', undefined],
    ['localizations', 'spec.overrides', undefined],
  ])('%s %s defaults to %j', (plural, path, want) => {
    let schema = versionOf(plural).schema.openAPIV3Schema;
    for (const key of path.split('.')) schema = schema.properties![key]!;
    expect(schema.default).toBe(want);
  });

  it.each([
    [
      'managedclusters',
      ['CLUSTER ID', 'CLUSTER TYPE', 'SYNC MODE', 'KUBERNETES', 'STATUS', 'AGE', 'AGENT VERSION'],
    ],
    ['descriptions', ['DEPLOYER', 'STATUS', 'AGE']],
    ['helmreleases', ['CHART', 'VERSION', 'REPO', 'STATUS', 'AGE']],
    ['serviceimports', ['Type', 'IP', 'Age']],
    ['feedinventories', undefined],
  ])('%s has the columns %j', (plural, want) => {
    expect(versionOf(plural).additionalPrinterColumns?.map(({ name }) => name)).toEqual(want);
  });

  it('requires what the Go CRDs require at the top level', () => {
    const required = crds.map(({ crd }) => [
      (crd.spec['names'] as { kind: string }).kind,
      ((crd.spec['versions'] as Version[])[0]!.schema.openAPIV3Schema.required ?? []).join(),
    ]);
    expect(Object.fromEntries(required)).toEqual({
      ClusterRegistrationRequest: '',
      ManagedCluster: '',
      Subscription: 'spec',
      Base: 'spec',
      Description: 'spec',
      FeedInventory: 'spec',
      Globalization: 'spec',
      Localization: 'spec',
      HelmChart: 'spec',
      HelmRelease: 'spec',
      Manifest: 'template',
      ServiceExport: '',
      ServiceImport: '',
      NodeFeatureRule: 'spec',
    });
  });

  it('adds conditions and observedGeneration where docs/spec/additions.md says', () => {
    const added = crds
      .map(({ crd }) => crd.metadata.name.split('.')[0]!)
      .filter((plural) => {
        const status = versionOf(plural).schema.openAPIV3Schema.properties!['status'];
        return status?.properties?.['observedGeneration'] !== undefined;
      });
    expect(added).toEqual([
      'clusterregistrationrequests',
      'subscriptions',
      'descriptions',
      'helmcharts',
      'helmreleases',
    ]);
    const document = readFileSync(join(folder, '../../docs/spec/additions.md'), 'utf8');
    for (const plural of added) expect(document).toContain(`\`${plural}\``);
  });
});
