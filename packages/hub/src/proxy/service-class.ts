import type { ServiceClass } from '@clusternet/tunnel-protocol';

const LASTING = /[?&](?:watch|follow)=(?:true|1)(?:&|$)/;
const OLD_WATCH = /\/watch\//;

/**
 * In which order a request's bytes travel through a tunnel: what somebody waits for before what lasts. A stream that
 * turns out to be big is moved behind both by the tunnel itself.
 *
 * @param path - with its query
 */
export function planServiceClass(path: string): ServiceClass {
  return LASTING.test(path) || OLD_WATCH.test(path) ? 'watch' : 'interactive';
}
