import type { KubeObject } from '@clusternet/kube-data';

/** Names that differ between `v1` and `events.k8s.io/v1` Events: the first one is how they are stored. */
const RENAMED = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

/** The `events.k8s.io/v1` form of a stored event. */
export function toNewEvent(stored: KubeObject): KubeObject {
  const event: KubeObject = { ...stored, apiVersion: 'events.k8s.io/v1' };
  for (const [old, current] of RENAMED) rename(event, old, current);
  return event;
}

/** The stored form of an `events.k8s.io/v1` event. */
export function toStoredEvent(given: KubeObject): KubeObject {
  const event: KubeObject = { ...given, apiVersion: 'v1' };
  for (const [old, current] of RENAMED) rename(event, current, old);
  return event;
}

function rename(event: KubeObject, from: string, to: string): void {
  if (event[from] === undefined) return;
  event[to] = event[from];
  delete event[from];
}
