import { timingSafeEqual } from 'node:crypto';
import type { UserInfo } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { objectAt, textAt } from '../built-in/fields.ts';
import type { LocalApi } from '../control-plane/local-api.ts';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Tells whose bootstrap token it is; undefined when there is no such token, or it has expired. */
export async function verifyBootstrapToken(
  deps: { readonly api: LocalApi; readonly clock: Clock },
  token: string,
): Promise<UserInfo | undefined> {
  const [, id = '', secretText = ''] = TOKEN.exec(token) ?? [];
  if (id === '') return undefined;
  const secret = await readSecret(deps.api, `bootstrap-token-${id}`);
  if (secret?.['type'] !== 'bootstrap.kubernetes.io/token' || secret.metadata.deletionTimestamp !== undefined)
    return undefined;
  const read = (key: string): string =>
    Buffer.from(textAt(objectAt(secret, 'data'), key), 'base64').toString('utf8');
  if (read('token-id') !== id || !isSame(read('token-secret'), secretText)) return undefined;
  if (read('usage-bootstrap-authentication') !== 'true') return undefined;
  const expiration = read('expiration');
  if (expiration !== '' && !(Date.parse(expiration) > deps.clock.nowMs())) return undefined;
  const groups = read('auth-extra-groups')
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  if (groups.some((group) => !GROUP.test(group))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...groups], extra: new Map() };
}

async function readSecret(api: LocalApi, name: string): Promise<KubeObject | undefined> {
  try {
    return await api.of('', 'secrets').get('kube-system', name);
  } catch {
    return undefined; // no such token
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
