import { isApiError } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';

/** Names that fit into a condition. */
const MAX_CHECKS = 5;

/** Says why a health endpoint of the API server did not answer 200: by the checks that failed, where it lists them. */
export function describeHealth(path: string, error: unknown): string {
  const failed = isApiError(error) ? findFailedChecks(error.text ?? '') : [];
  if (failed.length === 0) return errorText(error);
  const more = failed.length > MAX_CHECKS ? ` and ${failed.length - MAX_CHECKS} more` : '';
  return `${path} failed ${failed.slice(0, MAX_CHECKS).join(', ')}${more}`;
}

/** Lines such as `[-]etcd failed: reason withheld`. */
function findFailedChecks(text: string): string[] {
  return text.split('\n').flatMap((line) => /^\[-\](\S{1,100})/.exec(line)?.[1] ?? []);
}
