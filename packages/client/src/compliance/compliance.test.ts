import { describe, expect, it } from 'vitest';
import { createFakeApi } from '../fakes/index.ts';
import { createKubeClient } from '../kube-client.ts';
import { serveApi } from '../testing/loopback-server.fixture.ts';
import type { LoopbackKind } from '../testing/loopback-server.fixture.ts';
import { testCaPem } from '../testing/certificates.fixture.ts';
import { createTransport } from '../undici-transport.ts';
import { reflectorCompliance } from './reflector-compliance.ts';
import { resourceCompliance } from './resource-compliance.ts';

const suites = [
  { suite: 'resource client', cases: resourceCompliance },
  { suite: 'reflector', cases: reflectorCompliance },
];

describe.each(suites)('$suite, on the fake API', ({ cases }) => {
  it.each(cases)('$name', async ({ run }) => {
    const client = createKubeClient(createFakeApi().transport);
    await expect(run({ client, namespace: 'here' }, AbortSignal.timeout(5000))).resolves.toBeUndefined();
  });
});

describe.each(['http', 'https', 'http2'] satisfies LoopbackKind[])('over %s', (kind) => {
  it.each(suites.flatMap(({ cases }) => cases))('$name', async ({ run }) => {
    const api = createFakeApi();
    await using server = await serveApi(api, kind);
    await using transport = createTransport({ server: server.url, caPem: testCaPem });
    const plane = { client: createKubeClient(transport), namespace: 'here' };
    await expect(run(plane, AbortSignal.timeout(5000))).resolves.toBeUndefined();
  });
});
