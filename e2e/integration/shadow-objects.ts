import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { expect } from 'vitest';
import type { Answer } from './shadow-parent.ts';

export const MAPS = '/namespaces/foo/configmaps';
export const MERGE = 'application/merge-patch+json';

export function configMap(
  name: string,
  metadata: JsonObject = {},
  data: JsonObject = { k: 'v' },
): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function deployment(name: string, spec: JsonObject = {}): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      ...spec,
    },
  };
}

export const metadataOf = ({ body }: Answer): KubeObject['metadata'] =>
  (body as unknown as KubeObject).metadata;
export const namesOf = ({ body }: Answer): unknown[] =>
  (body['items'] as unknown as KubeObject[]).map(({ metadata }) => metadata.name);

/** Expects something to become so, on a busy machine too. */
export function settles<T>(read: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 20_000 });
}
