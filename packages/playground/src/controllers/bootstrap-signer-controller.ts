import { cloneJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { signDetachedJws } from '@clusternet/pki';
import { objectAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { readOrUndefined } from './read-or-undefined.ts';

const TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const PREFIX = 'jws-kubeconfig-';
const KEY = `${NAMESPACE}/${NAME}`;

/** Signs ConfigMap `kube-public/cluster-info`, where there is one, with every bootstrap token that is meant for it. */
export function createBootstrapSignerController({ api, clock }: LocalControllerDeps): LocalController {
  const context = createSystemContext('kube-controller-manager');
  const configMaps = api.of('', 'configmaps');
  return {
    name: 'bootstrap-signer',
    watches: [
      { resource: 'secrets', map: (secret) => (secret['type'] === TOKEN_TYPE ? [KEY] : []) },
      {
        resource: 'configmaps',
        map: ({ metadata }) => (metadata.namespace === NAMESPACE && metadata.name === NAME ? [KEY] : []),
      },
    ],
    async reconcile() {
      const info = await readOrUndefined(configMaps, NAMESPACE, NAME);
      const kubeconfig = textAt(objectAt(info ?? {}, 'data'), 'kubeconfig');
      if (info === undefined || kubeconfig === '') return undefined;
      const { items } = await api
        .of('', 'secrets')
        .list('kube-system', { fieldSelector: `type=${TOKEN_TYPE}` });
      const signatures = items.flatMap((secret) => signWith(secret, kubeconfig, clock.nowMs()));
      const data = Object.entries(objectAt(info, 'data') ?? {});
      const present = data.filter(([key]) => key.startsWith(PREFIX));
      const isSame =
        present.length === signatures.length &&
        signatures.every(([key, value]) => textAt(objectAt(info, 'data'), key) === value);
      if (isSame) return undefined;
      const others = data.filter(([key]) => !key.startsWith(PREFIX));
      const produce = (live: KubeObject | undefined): KubeObject => {
        const next = cloneJson(live ?? info);
        next['data'] = Object.fromEntries([...others, ...signatures]);
        return next;
      };
      await configMaps.update({ namespace: NAMESPACE, name: NAME, subresource: '', produce }, context);
      return undefined;
    },
  };
}

function signWith(secret: KubeObject, kubeconfig: string, nowMs: number): [string, string][] {
  const read = (key: string): string =>
    Buffer.from(textAt(objectAt(secret, 'data'), key), 'base64').toString('utf8');
  const [id, text, expiration] = [read('token-id'), read('token-secret'), read('expiration')];
  const isExpired = expiration !== '' && !(Date.parse(expiration) > nowMs);
  if (id === '' || text === '' || isExpired || read('usage-bootstrap-signing') !== 'true') return [];
  return [[`${PREFIX}${id}`, signDetachedJws(kubeconfig, id, text)]];
}
