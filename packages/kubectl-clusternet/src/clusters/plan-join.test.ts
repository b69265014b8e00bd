import { readFileSync } from 'node:fs';
import { parseYamlDocuments } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { planJoin } from './plan-join.ts';

const manifests = readFileSync(new URL('../../manifests/agent.yaml', import.meta.url), 'utf8');
const facts = {
  name: 'east',
  syncMode: 'Pull',
  parentUrl: 'https://10.0.0.1:6443',
  parentCaPem: '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n',
  token: 'abcdef.0123456789abcdef',
};
const objectsOf = (text: string): KubeObject[] => parseYamlDocuments(text) as unknown as KubeObject[];

describe('planJoin', () => {
  it('is what deploy/agent installs, in an order that kubectl can apply, and where the parent is', () => {
    const kinds = objectsOf(planJoin(facts, manifests)).map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['Namespace', 'Secret']);
    expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'ClusterRole', 'ServiceAccount']));
    const [, secret] = objectsOf(planJoin(facts, manifests));
    expect(secret?.['stringData']).toEqual({
      parentURL: facts.parentUrl,
      regToken: facts.token,
      parentCA: facts.parentCaPem,
    });
  });

  it('tells the agent name and mode, once', () => {
    const deployment = objectsOf(planJoin(facts, manifests)).find(({ kind }) => kind === 'Deployment');
    const { template } = deployment?.['spec'] as {
      template: { spec: { containers: { args: string[] }[] } };
    };
    const args = template.spec.containers[0]?.args ?? [];
    expect(args).toContain('--cluster-reg-name=east');
    expect(args.filter((arg) => arg.startsWith('--cluster-sync-mode'))).toEqual(['--cluster-sync-mode=Pull']);
  });

  it('leaves out what is not known', () => {
    const text = planJoin({ ...facts, name: '', parentCaPem: undefined }, manifests);
    expect(text).not.toContain('parentCA: ');
    expect(text).not.toContain('cluster-reg-name');
  });
});
