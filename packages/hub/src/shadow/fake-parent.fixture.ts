import { createKubeClient } from '@clusternet/client';
import { createFakeApi, statusAnswer } from '@clusternet/client/fakes';
import type { FakeAnswer } from '@clusternet/client/fakes';
import { silentLogger } from '@clusternet/runtime';

/** A parent that answers some paths. */
export function startFakeParent(answers: ReadonlyMap<string, () => FakeAnswer>) {
  const api = createFakeApi();
  const asked: string[] = [];
  api.intercept(({ path }) => {
    asked.push(path);
    return Promise.resolve(answers.get(path)?.() ?? statusAnswer(404, 'NotFound', 'not there'));
  });
  return { asked, deps: { client: createKubeClient(api.transport), log: silentLogger } };
}
