import { createInterface } from 'node:readline';
import { parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { TestHttp } from './plane-http.fixture.ts';

/** A watch that is read an event at a time. */
export interface TestWatch extends AsyncDisposable {
  next(): Promise<JsonObject>;
}

/** Opens a watch. */
export async function readWatch(http: TestHttp, path: string): Promise<TestWatch> {
  const incoming = await http.stream(path);
  const lines = createInterface({ input: incoming })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the watch has ended');
      return parseJson(value) as JsonObject;
    },
    [Symbol.asyncDispose]() {
      incoming.destroy();
      return Promise.resolve();
    },
  };
}
