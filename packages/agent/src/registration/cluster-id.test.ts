import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { describe, expect, it } from 'vitest';
import { createChild } from '../child.ts';
import { getClusterId } from './cluster-id.ts';

const options = { systemNamespace: 'clusternet-system', leaseName: 'clusternet-agent' };
const PATH = '/apis/coordination.k8s.io/v1/namespaces/clusternet-system/leases/clusternet-agent';

function childWith(annotations?: Record<string, string>) {
  const api = createFakeApi();
  if (annotations !== undefined) {
    const metadata = {
      name: 'clusternet-agent',
      namespace: 'clusternet-system',
      uid: 'lease-uid',
      annotations,
    };
    api.store.put(PATH, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
  }
  return { api, child: createChild({ server: 'https://child' }, createKubeClient(api.transport)) };
}

describe('getClusterId', () => {
  it.each([
    { why: 'the UID of the Lease', annotations: {}, want: undefined },
    {
      why: 'A §11.1-1: the annotation, so that an id survives the Lease',
      annotations: { 'legacy-cluster-id': 'kept' },
      want: 'kept',
    },
    { why: 'an empty annotation is none', annotations: { 'legacy-cluster-id': '' }, want: undefined },
  ])('$why', async ({ annotations, want }) => {
    const { api, child } = childWith(annotations as Record<string, string>);
    const id = await getClusterId(child, options, AbortSignal.timeout(1000));
    expect(id).toBe(want ?? api.store.get(PATH)!.metadata.uid);
  });

  it('A §11.1-2: makes the Lease where nobody elects a leader, once', async () => {
    const { api, child } = childWith();
    const first = await getClusterId(child, options, AbortSignal.timeout(1000));
    expect(first).toBe(api.store.get(PATH)!.metadata.uid);
    expect(await getClusterId(child, options, AbortSignal.timeout(1000))).toBe(first);
  });
});
