import { createForbidden } from '@clusternet/apiserver';
import type { AuthorizationAttributes, Authorizer, UserInfo } from '@clusternet/apiserver';
import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export interface EscalationDeps {
  /** Whether a caller may do something in the parent. */
  readonly authorize: Authorizer;
  /** The rules of roles of that name: of the parent's, and of the template. Empty: there is none. */
  readonly findRoles: (ref: RoleReference, namespace: string) => Promise<readonly KubeObject[]>;
}

/** The role that a binding gives to its subjects. */
export interface RoleReference {
  readonly kind: string;
  readonly name: string;
}

/**
 * Refuses templates of roles and bindings that hold rights which the caller does not have himself in the parent, unless
 * he may `escalate` or `bind` there: whoever writes templates must not become administrator of all children by that.
 *
 * @throws {ApiError} `Forbidden`
 */
export type EscalationCheck = (object: KubeObject, user: UserInfo, signal: AbortSignal) => Promise<void>;

/** A role with more single rights than this takes the verb `escalate`. */
const MAX_RIGHTS = 512;

export function createEscalationCheck({ authorize, findRoles }: EscalationDeps): EscalationCheck {
  const isAllowed = async (attributes: AuthorizationAttributes, signal: AbortSignal): Promise<boolean> =>
    (await authorize(attributes, signal)).decision === 'allow';

  return async (object, user, signal) => {
    const { kind, metadata } = object;
    const namespace = kind === 'Role' || kind === 'RoleBinding' ? (metadata.namespace ?? '') : '';
    const isBinding = kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
    const role = isBinding ? readRoleRef(object) : { kind, name: metadata.name ?? '' };
    const resource = role.kind === 'Role' ? 'roles' : 'clusterroles';
    const overall = {
      ...attributesOf(user, namespace),
      verb: isBinding ? 'bind' : 'escalate',
      resource,
      name: role.name,
    };
    if (await isAllowed(overall, signal)) return;
    const roles = isBinding ? await findRoles(role, namespace) : [object];
    const rights = roles.flatMap((item) => listRights(item));
    if (roles.length === 0 || rights.length > MAX_RIGHTS || roles.some(gathersRules))
      throw createForbidden(overall, 'a template that is to grant rights takes that right in the parent');
    for (const right of rights) {
      const asked = { ...attributesOf(user, namespace), ...right };
      if (!(await isAllowed(asked, signal)))
        throw createForbidden(overall, `it would grant ${describe(asked)}, which the user does not have`);
    }
  };
}

function attributesOf(user: UserInfo, namespace: string): AuthorizationAttributes {
  return {
    user,
    namespace,
    verb: '',
    isResourceRequest: true,
    group: RBAC_GROUP,
    version: '*',
    resource: '',
    subresource: '',
    name: '',
    path: '',
  };
}

function readRoleRef(object: KubeObject): RoleReference {
  const ref = isJsonObject(object['roleRef']) ? object['roleRef'] : {};
  const { kind, name } = ref;
  return { kind: typeof kind === 'string' ? kind : '', name: typeof name === 'string' ? name : '' };
}

/** A cluster role that other roles add to: nobody can say what it grants. */
function gathersRules(role: KubeObject): boolean {
  return isJsonObject(role['aggregationRule']);
}

type Right = Pick<
  AuthorizationAttributes,
  'group' | 'name' | 'path' | 'resource' | 'subresource' | 'verb'
> & {
  readonly isResourceRequest: boolean;
};

/** Every single right that a role grants; one more than can be asked for stands for all the rest. */
function listRights(role: KubeObject): Right[] {
  const rules = Array.isArray(role['rules']) ? role['rules'] : [];
  const rights: Right[] = [];
  for (const rule of rules.filter(isJsonObject)) {
    for (const right of rightsOf(rule)) {
      if (rights.length > MAX_RIGHTS) return rights;
      rights.push(right);
    }
  }
  return rights;
}

function* rightsOf(rule: JsonObject): Generator<Right> {
  for (const verb of texts(rule['verbs'])) {
    for (const path of texts(rule['nonResourceURLs']))
      yield { verb, path, isResourceRequest: false, group: '', resource: '', subresource: '', name: '' };
    for (const group of texts(rule['apiGroups'])) {
      for (const full of texts(rule['resources'])) {
        const [resource = '', ...rest] = full.split('/');
        const names = texts(rule['resourceNames']);
        for (const name of names.length === 0 ? [''] : names) {
          yield {
            verb,
            group,
            resource,
            subresource: rest.join('/'),
            name,
            path: '',
            isResourceRequest: true,
          };
        }
      }
    }
  }
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function describe({
  verb,
  group,
  resource,
  subresource,
  path,
  isResourceRequest,
}: AuthorizationAttributes): string {
  if (!isResourceRequest) return `"${verb}" on the path ${path}`;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return `"${verb}" on ${group === '' ? full : `${full}.${group}`}`;
}
