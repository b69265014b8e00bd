import type { AuthorizationAttributes, Authorizer, Storage, UserInfo } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { isAllowedBy, parseRule } from './rules.ts';
import type { PolicyRule } from './rules.ts';

/** Roles and bindings, indexed by whom they are for. */
export interface Rbac extends Disposable {
  readonly authorize: Authorizer;
  /** Every rule that a user holds in a namespace; empty for the cluster. */
  getRules(user: UserInfo, namespace: string): readonly PolicyRule[];
  /** The rules of a role as a binding refers to it. */
  getRoleRules(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined;
}

const KINDS = {
  clusterrolebindings: 'clusterrolebindings.rbac.authorization.k8s.io',
  clusterroles: 'clusterroles.rbac.authorization.k8s.io',
  rolebindings: 'rolebindings.rbac.authorization.k8s.io',
  roles: 'roles.rbac.authorization.k8s.io',
} as const;

interface Grant {
  readonly binding: KubeObject;
  /** Empty: everywhere. */
  readonly namespace: string;
  readonly subject: string;
  readonly rules: readonly PolicyRule[];
}

/** Follows roles and bindings in a storage. They must be in it, or come later. */
export function createRbac(storage: Storage): Rbac {
  const roles = new Map<string, readonly PolicyRule[]>();
  const bindings = new Map<string, Map<string, KubeObject>>();

  const watches = Object.values(KINDS).map((resource) =>
    storage.watch({ resource, namespace: '' }, 0, ({ type, object, previous }) => {
      const { namespace = '', name = '' } = object.metadata;
      if (resource === KINDS.roles || resource === KINDS.clusterroles) {
        const key = `${resource === KINDS.roles ? 'Role' : 'ClusterRole'}/${namespace}/${name}`;
        if (type === 'DELETED') roles.delete(key);
        else roles.set(key, objectsAt(object, 'rules').map(parseRule));
        return;
      }
      const key = `${resource}/${namespace}/${name}`;
      for (const subject of listSubjects(previous)) bindings.get(subject)?.delete(key);
      if (type === 'DELETED') return;
      for (const subject of listSubjects(object)) {
        const known = bindings.get(subject);
        if (known === undefined) bindings.set(subject, new Map([[key, object]]));
        else known.set(key, object);
      }
    }),
  );

  const getRoleRules = (kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined =>
    roles.get(`${kind}/${kind === 'Role' ? namespace : ''}/${name}`);

  function* listGrants(user: UserInfo, namespace: string): Generator<Grant> {
    for (const subject of [`User/${user.name}`, ...user.groups.map((group) => `Group/${group}`)]) {
      for (const binding of bindings.get(subject)?.values() ?? []) {
        const at = binding.metadata.namespace ?? '';
        if (at !== '' && at !== namespace) continue;
        const reference = objectAt(binding, 'roleRef');
        const rules = getRoleRules(textAt(reference, 'kind'), at, textAt(reference, 'name'));
        if (rules !== undefined) yield { binding, namespace: at, subject, rules };
      }
    }
  }

  const authorize = (attributes: AuthorizationAttributes): ReturnType<Authorizer> => {
    for (const grant of listGrants(
      attributes.user,
      attributes.isResourceRequest ? attributes.namespace : '',
    )) {
      if (grant.rules.some((rule) => isAllowedBy(rule, attributes))) {
        return Promise.resolve({ decision: 'allow', reason: describe(grant) });
      }
    }
    return Promise.resolve({ decision: 'no-opinion' });
  };

  return {
    authorize,
    getRules: (user, namespace) => [...listGrants(user, namespace)].flatMap(({ rules }) => rules),
    getRoleRules,
    [Symbol.dispose]: () => {
      for (const watch of watches) watch.close();
    },
  };
}

function listSubjects(binding: KubeObject | undefined): string[] {
  return objectsAt(binding, 'subjects').map((subject) => {
    const [kind, name] = [textAt(subject, 'kind'), textAt(subject, 'name')];
    return kind === 'ServiceAccount'
      ? `User/system:serviceaccount:${textAt(subject, 'namespace')}:${name}`
      : `${kind}/${name}`;
  });
}

function describe({ binding, subject }: Grant): string {
  const reference = objectAt(binding, 'roleRef');
  const name =
    binding.metadata.namespace === undefined
      ? (binding.metadata.name ?? '')
      : `${binding.metadata.name ?? ''}/${binding.metadata.namespace}`;
  const at = subject.indexOf('/');
  return `RBAC: allowed by ${binding.kind} ${JSON.stringify(name)} of ${textAt(reference, 'kind')} ${JSON.stringify(textAt(reference, 'name'))} to ${subject.slice(0, at)} ${JSON.stringify(subject.slice(at + 1))}`;
}
