import type { API_VERSIONS } from './constants.ts';
import type { ObjectMeta } from './object-meta.ts';

/** The tunnel of a cluster. Served by the hub and connected to; never stored. */
export interface Socket {
  apiVersion: typeof API_VERSIONS.proxies;
  kind: 'Socket';
  metadata: ObjectMeta;
}
