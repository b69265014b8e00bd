import type { KubeObject } from '@clusternet/kube-data';

/** A node with what a case is about. */
export function node(
  options: {
    readonly labels?: Record<string, string>;
    readonly ready?: string;
    readonly capacity?: Record<string, string>;
    readonly allocatable?: Record<string, string>;
  } = {},
): KubeObject {
  const { labels = {}, ready, capacity = {}, allocatable = capacity } = options;
  const conditions = ready === undefined ? [] : [{ type: 'Ready', status: ready }];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node', labels },
    status: { capacity, allocatable, conditions },
  };
}
