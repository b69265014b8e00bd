import { X509Certificate } from 'node:crypto';
import type { ServerTls } from '@clusternet/apiserver';
import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { createCa, isIssuedBy, parseCertificates } from '@clusternet/pki';
import { silentLogger, systemRandom } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it, vi } from 'vitest';
import { createParentResources } from '../parent/resources.ts';
import { getServingTls, runServing } from './run-serving.ts';
import { SERVING_SECRET } from './serving-secret.ts';

const namespace = 'clusternet-system';
const apiService = { name: 'v1alpha1.proxies.clusternet.io' };
const DAY_MS = 86_400_000;
const never = new AbortController().signal;

function startParent() {
  const api = createFakeApi({
    refs: [
      {
        group: 'apiregistration.k8s.io',
        version: 'v1',
        kind: 'APIService',
        plural: 'apiservices',
        namespaced: false,
      },
    ],
  });
  const resources = createParentResources(createKubeClient(api.transport));
  const clock = createFakeClock(Date.now());
  const deps = { ...resources, namespace, clock, random: systemRandom, log: silentLogger };
  return { resources, deps, secretRef: { namespace, name: SERVING_SECRET } };
}

type Parent = ReturnType<typeof startParent>;

async function readCa({ resources, secretRef }: Parent): Promise<string> {
  const { data = {} } = await resources.secrets.get(secretRef, never);
  return Buffer.from(data['ca.crt'] ?? '', 'base64').toString('utf8');
}

describe('the serving certificate of hubs', () => {
  it('is one for all hubs, and kube-apiserver is told its authority', async () => {
    const parent = startParent();
    const { resources, deps } = parent;
    const spec = { service: { namespace, name: 'clusternet-hub' } };
    await resources.apiServices.create(
      { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: apiService, spec },
      {},
      never,
    );
    const [one, two] = await Promise.all([getServingTls(deps, never), getServingTls(deps, never)]);
    expect(two).toEqual(one);
    const ca = await readCa(parent);
    const certificate = new X509Certificate(one.certPem);
    expect(isIssuedBy(certificate, parseCertificates(ca), Date.now())).toBe(true);
    expect(certificate.checkHost('clusternet-hub.clusternet-system.svc')).toBeDefined();
    const { spec: published } = await resources.apiServices.get(apiService, never);
    expect(Buffer.from(published?.caBundle ?? '', 'base64').toString('utf8')).toBe(ca);
  });

  it('is renewed while it is good, by the same authority', async () => {
    const parent = startParent();
    const first = await getServingTls(parent.deps, never);
    const ca = await readCa(parent);
    const shown: ServerTls[] = [];
    const stop = new AbortController();
    const clock = createFakeClock(Date.now() + DAY_MS * 250);
    const running = runServing({ ...parent.deps, clock }, (tls) => shown.push(tls), stop.signal);
    await clock.advance(70_000);
    await vi.waitFor(() => expect(shown.at(-1)?.certPem ?? first.certPem).not.toBe(first.certPem));
    stop.abort();
    await running;
    expect(await readCa(parent)).toBe(ca);
  });

  it('leaves a Secret alone that holds something else, and says what helps', async () => {
    const { resources, deps, secretRef } = startParent();
    const ca = await createCa({ commonName: 'x' });
    const data = { 'tls.crt': Buffer.from(ca.certPem).toString('base64') };
    await resources.secrets.create(
      { apiVersion: 'v1', kind: 'Secret', metadata: secretRef, data },
      {},
      never,
    );
    const warn = vi.fn();
    const stop = new AbortController();
    const log = { ...silentLogger, warn };
    const waiting = getServingTls({ ...deps, log }, stop.signal).catch((error: unknown) => String(error));
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    stop.abort();
    expect(await waiting).toContain('delete it, or give the hub --tls-cert-file');
    expect((await resources.secrets.get(secretRef, never)).data).toEqual(data);
  });
});
