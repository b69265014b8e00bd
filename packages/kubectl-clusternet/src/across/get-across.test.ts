import { ApiError } from '@clusternet/client';
import { parseJson, parseYaml } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { discoveryOf, failed, fakeFleet, ok, podTable } from './fake-fleet.fixture.ts';
import type { FakeApi } from './fake-fleet.fixture.ts';
import { getAcross } from './get-across.ts';
import { readAcrossRequest } from './read-across-request.ts';

const CORE = discoveryOf('', 'v1', [{ kind: 'Pod', plural: 'pods', short: ['po'] }]);
const parent: FakeApi = (path) =>
  Promise.resolve(
    path === '/api' ? ok(CORE) : path === '/apis' ? ok({ kind: 'APIGroupDiscoveryList' }) : failed(404, ''),
  );
const PODS = '/api/v1/namespaces/default/pods';
const withPods =
  (pods: Readonly<Record<string, string>>): FakeApi =>
  (path) => {
    const name = path.slice(PODS.length + 1);
    if (path === PODS || path === '/api/v1/pods') return Promise.resolve(ok(podTable(pods)));
    if (path.startsWith(PODS) && name in pods)
      return Promise.resolve(ok(podTable({ [name]: pods[name] ?? '' })));
    return Promise.resolve(failed(404, `pods "${name}" not found`, 'NotFound'));
  };

/** Runs a command line against a fleet. */
async function get(line: string, clusters: Readonly<Record<string, FakeApi>>, which = 'all') {
  const texts: string[] = [];
  let stderr = '';
  const code = await getAcross(
    {
      transport: fakeFleet(clusters, parent),
      out: (text) => void texts.push(text),
      err: (text) => (stderr += text),
    },
    readAcrossRequest([...line.split(' ')], which, ''),
    new AbortController().signal,
  );
  return { code, stdout: texts.join(''), texts, stderr };
}

describe('getAcross', () => {
  it('shows what each cluster has, with its name in front', async () => {
    const { code, stdout, stderr } = await get('po', {
      east: withPods({ web: 'Running' }),
      'far-west': withPods({ web: 'Pending', db: 'Running' }),
    });
    expect(stdout).toBe(`CLUSTER    NAME   STATUS
east       web    Running
far-west   web    Pending
far-west   db     Running
`);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('prints a cluster as soon as it answers, and does not wait for others before', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const slow: FakeApi = async (path, ...rest) => {
      await promise;
      return withPods({ late: 'Running' })(path, ...rest);
    };
    const texts: string[] = [];
    const done = getAcross(
      {
        transport: fakeFleet({ a: slow, b: withPods({ early: 'Running' }) }, parent),
        out: (text) => {
          texts.push(text);
          resolve(undefined); // only now may the first one answer
        },
        err: () => undefined,
      },
      readAcrossRequest(['pods'], 'all', ''),
      new AbortController().signal,
    );
    expect(await done).toBe(0);
    expect(texts[0]).toContain('early');
    expect(texts[1]).toBe('a         late    Running\n');
  });

  it('names the clusters that are silent, says why, and tells by its exit code that something lacks', async () => {
    const { code, stdout, stderr } = await get('pods --request-timeout=20ms', {
      east: withPods({ web: 'Running' }),
      off: () =>
        Promise.resolve(failed(400, 'cannot proxy through cluster id-off, whose agent is disconnected')),
      mute: (_path, _request, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    expect(stdout).toContain('east      web');
    expect(stderr).toBe(`warning: 2 of 3 clusters did not answer:
  mute: nothing came within 0.02s; --request-timeout gives it longer
  off: list pods: cluster off through parent https://p answered 400: cannot proxy through cluster id-off, whose agent is disconnected
`);
    expect(code).toBe(3);
  });

  it('fails where nobody answers', async () => {
    const broken: FakeApi = () => Promise.reject(new ApiError('UNREACHABLE', 'p cannot be reached'));
    const { code, stdout, stderr } = await get('pods', { east: broken });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('error: 1 of 1 clusters did not answer:\n  east: p cannot be reached\n');
  });

  it('says how one is let in where one is not', async () => {
    const { stderr } = await get('pods', { east: () => Promise.resolve(failed(403, 'pods is forbidden')) });
    expect(stderr).toContain('pods is forbidden; you arrive there as yourself where it has named you');
  });

  it('finds names, wherever they are', async () => {
    const clusters = { east: withPods({ web: 'Running' }), west: withPods({ db: 'Running' }) };
    expect(await get('pod/web', clusters)).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await get('pod web gone', clusters);
    expect(stdout).toContain('east      web');
    expect(stderr).toBe('error: pod "gone" not found in any of 2 clusters that answered\n');
    expect(code).toBe(1);
  });

  it('asks a cluster itself about a kind that the parent does not have', async () => {
    const foos = discoveryOf('example.com', 'v1', [{ kind: 'Foo', plural: 'foos' }]);
    const withFoos: FakeApi = (path) =>
      Promise.resolve(
        path === '/apis'
          ? ok(foos)
          : path === '/apis/example.com/v1/namespaces/default/foos'
            ? ok(podTable({ a: 'Fine' }))
            : ok({ kind: 'APIGroupDiscoveryList' }),
      );
    const clusters = { east: withFoos, west: parent };
    expect(await get('foo', clusters)).toMatchObject({ code: 0, stderr: '' });
    expect((await get('foo', clusters)).stdout).toContain('east      a');
    expect(await get('bars', clusters)).toMatchObject({
      code: 1,
      stderr: 'error: none of 2 clusters that answered serves bars\n',
    });
  });

  it('follows pages', async () => {
    let pages = 0;
    const { stdout } = await get('pods', {
      east: (_path, { path }) => {
        pages += 1;
        return Promise.resolve(
          path.includes('continue=next')
            ? ok(podTable({ second: 'Running' }))
            : ok(podTable({ first: 'Running' }, { metadata: { continue: 'next' } })),
        );
      },
    });
    expect(pages).toBe(2);
    expect(stdout).toMatch(/first[^]*second/);
  });

  it('begins another table where a cluster has other columns', async () => {
    const old: FakeApi = () =>
      Promise.resolve(
        ok({ items: [{ metadata: { name: 'plain', creationTimestamp: '2026-01-01T00:00:00Z' } }] }),
      );
    const { stdout } = await get('pods --parallel=1', { a: withPods({ web: 'Running' }), b: old });
    expect(stdout).toContain('\n\nCLUSTER   NAME    CREATED AT\nb         plain   2026-01-01T00:00:00Z\n');
  });

  it('shows more when asked', async () => {
    const { stdout } = await get('pods -A -o wide --show-labels --no-headers', {
      east: withPods({ web: 'Up' }),
    });
    expect(stdout).toBe('east   default   web   Up   node-of-web   app=web\n');
  });

  it('keeps to itself what would steer a terminal', async () => {
    const { stdout } = await get('pods', { east: withPods({ '\u001b[2Jweb': 'Up\nDown' }) });
    expect(stdout).toContain('east       [2Jweb   Up Down\n');
  });

  it('says that there is nothing', async () => {
    expect(await get('pods', { east: withPods({}) })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No resources found in namespace default of 1 cluster.\n',
    });
  });

  describe('-o', () => {
    const pod = { metadata: { name: 'web', managedFields: [] }, spec: { x: 1 } };
    const clusters: Readonly<Record<string, FakeApi>> = {
      east: () => Promise.resolve(ok({ kind: 'PodList', items: [pod] })),
      west: () => Promise.resolve(ok({ kind: 'PodList', items: [pod] })),
    };
    const item = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web',
        annotations: {
          'clusters.clusternet.io/cluster-id': `id-${name}`,
          'clusters.clusternet.io/cluster-name': name,
        },
      },
      spec: { x: 1 },
    });
    const want = { apiVersion: 'v1', kind: 'List', metadata: {}, items: [item('east'), item('west')] };

    it('json is one List', async () => {
      expect(parseJson((await get('pods -o json', clusters)).stdout)).toEqual(want);
      const none = { ...want, items: [] };
      const empty: FakeApi = () => Promise.resolve(ok({ kind: 'PodList', items: [] }));
      expect(parseJson((await get('pods -o json', { east: empty })).stdout)).toEqual(none);
    });

    it('yaml is the same', async () => {
      expect(parseYaml((await get('pods -o yaml', clusters)).stdout)).toEqual(want);
    });

    it('name is a line for each', async () => {
      expect((await get('pods -o name', { east: withPods({ web: 'Up' }) })).stdout).toBe('east pod/web\n');
    });
  });
});
