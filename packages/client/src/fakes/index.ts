export { builtInRefs, createFakeApi } from './fake-api.ts';
export type { FakeApi, FakeApiOptions, FakeRequest } from './fake-api.ts';
export { json, statusAnswer } from './fake-answer.ts';
export type { FakeAnswer } from './fake-answer.ts';
export type { FakeStore, StoreEvent } from './fake-store.ts';
export { createLineStream } from './fake-watch.ts';
export type { LineStream } from './fake-watch.ts';
