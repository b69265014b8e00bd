import { expect, it } from 'vitest';
import { createTestHttp } from '../testing/plane-http.fixture.ts';
import { startControlPlane } from './start-control-plane.ts';

it('answers 501 to what it leaves out, by name, and upgrades none of it', async () => {
  await using plane = await startControlPlane();
  const http = await createTestHttp(plane);
  for (const [path, what] of [
    ['/api/v1/namespaces/default/pods/web/proxy/metrics', 'pods'],
    ['/api/v1/namespaces/default/services/kubernetes/proxy', 'services'],
    ['/api/v1/nodes/node-1/proxy/logs', 'nodes'],
  ] as const) {
    expect((await http.call(path)).body).toMatchObject({
      kind: 'Status',
      code: 501,
      reason: 'NotImplemented',
      message: `proxying to ${what} is left out of the embedded control plane of @clusternet/playground`,
    });
    await expect(http.upgrade(path, 'websocket')).rejects.toThrow('refused with 501');
  }
  expect((await http.call('/apis/example.com/v1/namespaces/default/pods/web/proxy')).code).toBe(404);
});
