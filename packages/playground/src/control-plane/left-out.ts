import { ApiError } from '@clusternet/apiserver';
import type { ApiHandler, ApiRequest, UpgradeHandler } from '@clusternet/apiserver';

/** Parts of a real control plane that people would look for. @see docs/spec/embedded-control-plane.md */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['pods/proxy', 'proxying to pods'],
  ['services/proxy', 'proxying to services'],
  ['nodes/proxy', 'proxying to nodes'],
]);

/** Answers what is left out with 501 and its name, in place of a 404 that reads like a mistake of the caller. */
export function refuseLeftOut(inner: { readonly handle: ApiHandler; readonly upgrade: UpgradeHandler }): {
  readonly handle: ApiHandler;
  readonly upgrade: UpgradeHandler;
} {
  return {
    handle: async (request, response, signal) => {
      assertServed(request);
      await inner.handle(request, response, signal);
    },
    upgrade: async (request, socket, head, signal) => {
      assertServed(request);
      await inner.upgrade(request, socket, head, signal);
    },
  };
}

function assertServed({ info: { group, resource, subresource } }: ApiRequest): void {
  const what = group === '' && subresource !== '' ? LEFT_OUT.get(`${resource}/${subresource}`) : undefined;
  if (what === undefined) return;
  const message = `${what} is left out of the embedded control plane of @clusternet/playground`;
  throw new ApiError('NotImplemented', message);
}
