import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import type { ApiCase } from './api-case.ts';
import { createApiCalls } from './api-calls.ts';
import type { ApiCalls } from './api-calls.ts';
import { badInput } from './cases/bad-input.ts';
import { deletions, lists } from './cases/lists.ts';
import { options } from './cases/options.ts';
import { patches } from './cases/patches.ts';
import { strictness } from './cases/strictness.ts';
import { wholeApi } from './cases/whole-api.ts';
import { writes } from './cases/writes.ts';

/** Puts the names of a case in; what is not plain data (matchers) stays as it is. */
function fillIn(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return value.replaceAll(/\{(ns|name)\}/g, (text) => names[text] ?? text);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, names));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, names)]));
}

/** The API as a client sees it: a real kube-apiserver decides what is right. */
describe(`the API of ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let calls: ApiCalls;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'api'));
    calls = stack.use(createApiCalls(plane));
  });
  afterAll(() => stack.disposeAsync());

  const suites: readonly (readonly [string, readonly ApiCase[]])[] = [
    ['writes', writes],
    ['strictness', strictness],
    ['patches', patches],
    ['lists', lists],
    ['deletions', deletions],
    ['options', options],
    ['bad-input', badInput],
    ['whole', wholeApi],
  ];
  for (const [suite, cases] of suites) {
    describe(suite, () => {
      beforeAll(async () => {
        const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `test-${suite}` } };
        expect(await calls.send({ method: 'POST', path: '/api/v1/namespaces', body })).toMatchObject({
          code: 201,
        });
      });

      it.each(cases.map((entry, index) => ({ ...entry, index })))('$name', async ({ steps, index }) => {
        const names = { '{ns}': `test-${suite}`, '{name}': `${suite}-${index}` };
        for (const { want, ...call } of steps) {
          const filled = fillIn(call, names) as typeof call; // the same shape with names in it
          expect(await calls.send(filled)).toMatchObject(fillIn(want, names) as object);
        }
      });
    });
  }
});
