import { cloneJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { objectAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { issueSecretToken } from '../tokens/service-account-tokens.ts';
import { keyOfObject, splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { orUndefined, readOrUndefined } from './read-or-undefined.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME_KEY = 'kubernetes.io/service-account.name';
const UID_KEY = 'kubernetes.io/service-account.uid';

/** Fills Secrets of type `kubernetes.io/service-account-token`, and deletes them with their account. */
export function createTokenSecretController({ api, tokens, caPem }: LocalControllerDeps): LocalController {
  const context = createSystemContext('kube-controller-manager');
  const secrets = api.of('', 'secrets');

  const isFilled = (secret: KubeObject, uid: string): boolean => {
    const data = objectAt(secret, 'data');
    const isComplete = ['ca.crt', 'namespace', 'token'].every((key) => textAt(data, key) !== '');
    return isComplete && secret.metadata.annotations?.[UID_KEY] === uid;
  };

  return {
    name: 'token-secret',
    watches: [
      { resource: 'secrets', map: (secret) => (secret['type'] === TYPE ? [keyOfObject(secret)] : []) },
      {
        resource: 'serviceaccounts',
        map: (account) => [`${account.metadata.namespace ?? ''}/account:${account.metadata.name ?? ''}`],
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      if (name.startsWith('account:')) {
        // The account changed: so may its secrets have to.
        const { items } = await secrets.list(namespace, { fieldSelector: `type=${TYPE}` });
        const account = name.slice('account:'.length);
        for (const item of items) {
          if (item.metadata.annotations?.[NAME_KEY] === account)
            await reconcileSecret(namespace, item.metadata.name ?? '');
        }
        return undefined;
      }
      await reconcileSecret(namespace, name);
      return undefined;
    },
  };

  async function reconcileSecret(namespace: string, name: string): Promise<void> {
    const secret = await readOrUndefined(secrets, namespace, name);
    if (secret?.['type'] !== TYPE || secret.metadata.deletionTimestamp !== undefined) return;
    const account = await readOrUndefined(
      api.of('', 'serviceaccounts'),
      namespace,
      secret.metadata.annotations?.[NAME_KEY] ?? '',
    );
    const known = secret.metadata.annotations?.[UID_KEY];
    if (account === undefined || (known !== undefined && known !== account.metadata.uid)) {
      await orUndefined(secrets.delete(namespace, name, {}, context));
      return;
    }
    const uid = account.metadata.uid ?? '';
    if (isFilled(secret, uid)) return;
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    await secrets.update(
      {
        namespace,
        name,
        subresource: '',
        produce: (live) => {
          const next = cloneJson(live ?? secret);
          next.metadata.annotations = { ...next.metadata.annotations, [UID_KEY]: uid };
          next['data'] = {
            ...objectAt(next, 'data'),
            'ca.crt': encode(caPem),
            namespace: encode(namespace),
            token: encode(issueSecretToken(tokens, account, name)),
          };
          return next;
        },
      },
      context,
    );
  }
}
