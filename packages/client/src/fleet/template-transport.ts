import { isJsonObject, parseJson } from '@clusternet/kube-data';
import { ApiError } from '../errors.ts';
import { toShadowUrl } from '../shadow-path.ts';
import type { Transport } from '../transport.ts';
import { peekFailure } from './peek-failure.ts';

/** Leads requests for objects to the templates of them in the parent; the rest goes where it went. */
export function createTemplateTransport(parent: Transport): Transport {
  const hop = `templates of ${parent.hop}`;
  return {
    hop,
    request: async (request, signal) => {
      const path = toShadowUrl(request.path);
      const response = await parent.request({ ...request, path }, signal);
      if (path === request.path || response.status !== 404) return response;
      return peekFailure(response, (text) =>
        isAboutAnObject(text)
          ? undefined
          : new ApiError(
              'UNKNOWN_KIND',
              `${hop} do not include ${path.replace(/\?.*/, '')}; the hub has to run with its feature gate ShadowAPI, and its APIService to be available`,
              { status: 404, hop },
            ),
      );
    },
    [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose](),
  };
}

/** A Status that names what was not found, in contrast to an API that does not know the path. */
function isAboutAnObject(text: string): boolean {
  try {
    const status = parseJson(text);
    return isJsonObject(status) && isJsonObject(status['details']) && 'name' in status['details'];
  } catch {
    return false;
  }
}
