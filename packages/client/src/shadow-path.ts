/**
 * Where a request for the parent's objects goes when templates are meant: to the shadow API, but for discovery and our own
 * kinds.
 *
 * @param url - path and query, percent-encoded
 * @see docs/spec/kubectl-plugin.md, "Paths"
 */
export function toShadowUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const [, rest] =
    /^\/api\/v1(\/.+)/.exec(path) ?? /^\/apis\/(?!\w*\.clusternet\.io\/)[^/]+\/v\w+(\/.+)/.exec(path) ?? [];
  return rest === undefined ? url : `/apis/shadow/v1alpha1${rest}${at < 0 ? '' : url.slice(at)}`;
}
