import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { entry, merge, render, source } from './builders.fixture.ts';
import { expandTemplates } from './expand-templates.ts';
import type { TemplateCluster } from './expand-templates.ts';
import { renderDocument } from './render-document.ts';

const east = {
  metadata: {
    name: 'east',
    namespace: 'clusternet-aaaaa',
    labels: { region: 'eu', 'topology.kubernetes.io/zone': 'eu-1', sneaky: '${{ cluster.name }}' },
  },
  spec: { clusterId: 'an-id' },
  status: { k8sVersion: 'v1.32.4', nodeStatistics: { readyNodes: 3 }, conditions: [{ type: 'Ready' }] },
} as unknown as TemplateCluster;

describe('expandTemplates', () => {
  it.each<readonly [string, JsonValue]>([
    ['${{ cluster.name }}', 'east'],
    ['${{cluster.namespace}}', 'clusternet-aaaaa'],
    ['${{ cluster.id }}', 'an-id'],
    ['${{ cluster.labels.region }}', 'eu'],
    ['${{ cluster.labels["topology.kubernetes.io/zone"] }}', 'eu-1'],
    ["${{ cluster.labels['region'] }}", 'eu'],
    ['in-${{ cluster.labels.region }}-${{ cluster.name }}', 'in-eu-east'],
    ['${{ cluster.status.nodeStatistics.readyNodes }}', 3],
    ['${{ cluster.status.nodeStatistics.readyNodes }} nodes', '3 nodes'],
    ['${{ cluster.status.nodeStatistics }}', { readyNodes: 3 }],
    ['${{ cluster.status.conditions[0].type }}', 'Ready'],
    ['${{ cluster.labels.nope ?? "none" }}', 'none'],
    ["${{ cluster.labels.nope ?? '' }}", ''],
    ['${{ cluster.labels.region ?? "none" }}', 'eu'],
    ['${{ cluster.labels.__proto__ ?? "none" }}', 'none'],
    ['${{ cluster.labels.constructor ?? "none" }}', 'none'],
    ['$${{ cluster.name }}', '${{ cluster.name }}'],
    ['${{ cluster.labels.sneaky }}', '${{ cluster.name }}'],
    ['$HOME and ${HOME} and {{ .Values.x }}', '$HOME and ${HOME} and {{ .Values.x }}'],
    ['no end ${{ cluster.name', 'no end ${{ cluster.name'],
  ])('%s', (text, want) => {
    expect(expandTemplates({ deep: [text] }, east)).toStrictEqual({ deep: [want] });
  });

  it('leaves keys and other values alone', () => {
    const value = { '${{ cluster.name }}': [1, null, true, 5n] };
    expect(expandTemplates(value, east)).toStrictEqual(value);
  });

  it.each([
    [
      '${{ cluster.labels.zone }}',
      'has no value: cluster.labels is a map with region, topology.kubernetes.io/zone, sneaky; set it',
    ],
    ['${{ cluster.status.conditions[7].type }}', 'cluster.status.conditions is a list of 1 item'],
    ['${{ cluster.name.first }}', 'cluster.name is text'],
    ['${{ env.HOME }}', 'cannot be read; write cluster.labels["KEY"]'],
    ['${{ cluster }}', 'cannot be read'],
    ['${{ cluster.name | upper }}', 'cannot be read'],
    ['x ${{ cluster.status.nodeStatistics }}', 'is a map with readyNodes, which has no place within a text'],
  ])('refuses %s', (text, want) => {
    expect(() => expandTemplates(text, east)).toThrow(
      expect.objectContaining({ code: 'INVALID_TEMPLATE', message: expect.stringContaining(want) }),
    );
  });

  it('limits what comes out', () => {
    const large = { ...east, status: { text: 'x'.repeat(300_000) } } as unknown as TemplateCluster;
    const value = Array.from({ length: 10 }, () => '${{ cluster.status.text }}');
    expect(() => expandTemplates(value, large)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});

describe('templates in overrides', () => {
  const value = { region: '${{ cluster.labels.region }}' };

  it('are texts like any other unless asked for', () => {
    expect(render({}, merge(value))).toEqual(value);
  });

  it('take the facts of the cluster, in every type of override', () => {
    const overrides = [
      merge(value, { isTemplated: true }),
      entry('JSONPatch', [{ op: 'add', path: '/zone', value: '${{ cluster.name }}-1' }], {
        isTemplated: true,
      }),
      entry('FieldMergePatch', value, { isTemplated: true, fieldPath: '/text', fieldFormat: 'YAML' }),
    ];
    const { document } = renderDocument({ document: { text: 'a: 1\n' }, overrides, cluster: east });
    expect(document).toEqual({ region: 'eu', zone: 'east-1', text: 'a: 1\nregion: eu\n' });
  });

  it('name the override when a fact is missing', () => {
    const overrides = [merge(value, { isTemplated: true, name: 'place' })];
    expect(() => renderDocument({ document: {}, overrides })).toThrow(
      expect.objectContaining({
        code: 'INVALID_TEMPLATE',
        source,
        index: 0,
        message: expect.stringMatching(/^override "place" \(entry 0\) of Localization n\/l: the template/),
      }),
    );
  });
});
