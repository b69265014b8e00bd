import { describe, expect, it } from 'vitest';
import { compareRules, expandRules } from './rules.mjs';

const granted = expandRules('hub', [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs: ['get'] },
  { nonResourceURLs: ['/version'], verbs: ['get'] },
]);
const cell = (resource, verb, more = {}) => ({
  role: 'hub',
  group: '',
  resource,
  verb,
  names: [],
  isDenied: false,
  ...more,
});
const all = [
  cell('namespaces', 'get'),
  cell('namespaces', 'list'),
  cell('secrets', 'get', { names: ['mine'] }),
  cell('/version', 'get'),
];
const names = (cells) => cells.map(({ resource, verb }) => `${verb} ${resource}`);

describe('compareRules', () => {
  it('finds nothing where everything granted was used', () => {
    expect(compareRules(granted, all, [])).toEqual({ unused: [], missing: [], stale: [] });
  });

  it('takes discovery for granted, as Kubernetes does', () => {
    const discovery = [cell('/apis/apps/v1', 'get'), cell('/openapi/v3', 'get')];
    expect(compareRules(granted, [...all, ...discovery], []).missing).toEqual([]);
    expect(names(compareRules(granted, [...all, cell('/metrics', 'get')], []).missing)).toEqual([
      'get /metrics',
    ]);
  });

  it('finds what is granted and not used, unless it is declared', () => {
    expect(names(compareRules(granted, all.slice(1), []).unused)).toEqual(['get namespaces']);
    const declared = [cell('namespaces', 'get', { reason: 'a person may ask for it' })];
    expect(compareRules(granted, all.slice(1), declared).unused).toEqual([]);
  });

  it('finds what was used beyond what is granted: another resource, another name, a refusal', () => {
    const beyond = [
      cell('pods', 'list'),
      cell('secrets', 'get', { names: ['other'] }),
      cell('nodes', 'get', { isDenied: true }),
    ];
    expect(names(compareRules(granted, [...all, ...beyond], []).missing)).toEqual([
      'list pods',
      'get secrets',
      'get nodes',
    ]);
    const through = [cell('pods', 'list', { through: 'system:basic-user', reason: 'everybody has it' })];
    expect(names(compareRules(granted, [...all, cell('pods', 'list')], through).missing)).toEqual([]);
  });

  it('takes a right to everything for each', () => {
    const everything = expandRules('hub', [{ apiGroups: ['*'], resources: ['*'], verbs: ['create'] }]);
    const used = [cell('pods', 'create'), cell('pods', 'delete')];
    expect(names(compareRules(everything, used, []).missing)).toEqual(['delete pods']);
  });

  it('finds what is declared and not granted', () => {
    const declared = [cell('events', 'create', { reason: 'once upon a time' })];
    expect(names(compareRules(granted, all, declared).stale)).toEqual(['create events']);
  });
});
