import { reflectorCompliance, resourceCompliance } from '@clusternet/client/compliance';
import type { ComplianceCase } from '@clusternet/client/compliance';
import { controllerCompliance } from '@clusternet/controller-kit/compliance';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { core, on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';

/** What our clients promise, on this kind of API server: the suites that run on the fake in the packages' own tests. */
describe(`the client on ${on} control planes`, () => {
  let plane: Plane;
  beforeAll(async () => {
    plane = await startPlane(on, 'conformance');
  });
  afterAll(() => plane[Symbol.asyncDispose]());

  const suites: readonly (readonly [string, readonly ComplianceCase[]])[] = [
    ['resources', resourceCompliance],
    ['reflector', reflectorCompliance],
    ['controllers', controllerCompliance],
  ];
  for (const [suite, cases] of suites) {
    describe(suite, () => {
      it.each(cases.map((entry, index) => ({ ...entry, namespace: `${suite}-${index}` })))(
        '$name',
        async ({ run, namespace }) => {
          const namespaces = core(plane.client, 'Namespace', 'namespaces', false);
          await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
          await run({ client: plane.client, namespace }, AbortSignal.timeout(30_000));
        },
      );
    });
  }
});
