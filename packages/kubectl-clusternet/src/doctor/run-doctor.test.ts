import { describe, expect, it } from 'vitest';
import { failed, fakeFleet, ok } from '../across/fake-fleet.fixture.ts';
import type { FakeApi } from '../across/fake-fleet.fixture.ts';
import { readDoctorRequest } from './read-doctor-request.ts';
import { runDoctor } from './run-doctor.ts';

const VERSION = ok({ gitVersion: 'v1.36.0' });
const GROUPS = ok({
  groups: [
    { versions: [{ groupVersion: 'clusters.clusternet.io/v1beta1' }] },
    { versions: [{ groupVersion: 'apps.clusternet.io/v1alpha1' }] },
  ],
});

/** A parent in which all is well, but for what `change` says of a path. */
const parentWith =
  (change: Readonly<Record<string, ReturnType<typeof ok>>> = {}): FakeApi =>
  (path) => {
    const well: Readonly<Record<string, ReturnType<typeof ok>>> = {
      '/version': VERSION,
      '/apis': GROUPS,
      '/apis/proxies.clusternet.io/v1alpha1': ok({ resources: [{ name: 'sockets' }] }),
      '/apis/shadow/v1alpha1': ok({ resources: [{ name: 'deployments' }] }),
      '/apis/apps/v1/namespaces/clusternet-system/deployments/clusternet-hub': ok({
        spec: { replicas: 2 },
        status: { availableReplicas: 2 },
      }),
      '/apis/clusters.clusternet.io/v1beta1/clusterregistrationrequests': ok({ metadata: {}, items: [] }),
      '/apis/authentication.k8s.io/v1/selfsubjectreviews': ok({ status: { userInfo: { username: 'jane' } } }),
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': ok({ status: { allowed: true } }),
      ...change,
    };
    return Promise.resolve(well[path] ?? failed(404, 'not found', 'NotFound'));
  };
const child: FakeApi = (path) => Promise.resolve(path === '/version' ? VERSION : failed(403, 'no'));

async function examine(
  line: string,
  parent: FakeApi,
  clusters: Readonly<Record<string, FakeApi>> = { east: child },
) {
  let stdout = '';
  const code = await runDoctor(
    {
      program: 'kc',
      kubectl: {
        ask: () =>
          Promise.resolve({ code: 0, stderr: '', stdout: '{"clientVersion":{"gitVersion":"v1.36.1"}}' }),
      },
      transport: fakeFleet(clusters, parent),
      connection: { server: 'https://p' },
      out: (text) => (stdout += text),
      nowMs: 0,
    },
    readDoctorRequest([...line.split(' ').filter((word) => word !== '')]),
    new AbortController().signal,
  );
  return { code, stdout };
}

describe('runDoctor', () => {
  it('has a line for each that works, and says of clusters what is wrong with them', async () => {
    const { code, stdout } = await examine('', parentWith());
    const checks = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(' '));
    expect(checks.slice(0, 7)).toEqual([
      'ok kubectl',
      'ok parent',
      'ok kinds',
      'ok hub',
      'ok apiservice v1alpha1.proxies.clusternet.io',
      'ok apiservice v1alpha1.shadow',
      'ok rights',
    ]);
    expect(stdout).toMatch(/^ok {4}rights +jane may see the clusters, /m);
    expect(stdout).toMatch(/^FAIL {2}cluster east +its agent has joined and never reported\n +\$ kubectl /m);
    expect(stdout).toMatch(/\n\n1 broken\.\n$/);
    expect(code).toBe(1);
  });

  it('ends at a parent that nothing can be asked of', async () => {
    const { code, stdout } = await examine(
      '',
      parentWith({
        '/apis/authentication.k8s.io/v1/selfsubjectreviews': failed(401, 'Unauthorized', 'Unauthorized'),
      }),
    );
    expect(stdout.split('\n')[1]).toMatch(/^FAIL {2}parent {3}https:\/\/p does not take your login/);
    expect(stdout).not.toContain('apiservice');
    expect(code).toBe(1);
  });

  it('is for programs as well', async () => {
    const { stdout } = await examine(
      'east -o json',
      parentWith({ '/apis/shadow/v1alpha1': failed(404, 'x') }),
    );
    expect(JSON.parse(stdout)).toContainEqual({
      check: 'apiservice v1alpha1.shadow',
      level: 'fail',
      says: 'it does not exist, so everything with templates does not work',
      mend: 'kubectl apply -f deploy/hub/clusternet_hub_apiservices.yaml',
    });
  });

  it('helps whom nobody has joined', async () => {
    const { code, stdout } = await examine('', parentWith(), {});
    expect(stdout).toContain('no cluster has joined yet');
    expect(stdout).toContain('$ kc join NAME | kubectl --context=CHILD apply -f -');
    expect(code).toBe(0);
  });

  it.each(['a b', '-o yaml', '--fast'])('does not take %s', (line) => {
    expect(() => readDoctorRequest([...line.split(' ')])).toThrow('doctor takes the name of one cluster');
  });
});
