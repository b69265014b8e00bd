import { ApiError, formatGroupResource } from '@clusternet/apiserver';
import type { Admission, AdmissionRequest, AuthorizationAttributes, Authorizer } from '@clusternet/apiserver';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { equalJson } from '@clusternet/kube-data';
import type { Rbac } from './rbac-authorizer.ts';
import { formatRule, parseRule, subtractRules } from './rules.ts';
import type { PolicyRule } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES: ReadonlySet<string> = new Set(['clusterroles', 'roles']);
const BINDINGS: ReadonlySet<string> = new Set(['clusterrolebindings', 'rolebindings']);

/** Nobody hands out more rights than they hold, unless they may `escalate` or `bind`. */
export function createEscalationCheck(rbac: Rbac, authorize: Authorizer): Admission {
  return async (request) => {
    const { resource, object, live, operation } = request;
    if (resource.group !== GROUP || operation === 'DELETE' || object === undefined) return;
    if (request.context.user.groups.includes('system:masters')) return;
    if (ROLES.has(resource.resource)) {
      if (equalJson(object['rules'], live?.['rules'])) return;
      if (await mayDo(authorize, request, 'escalate', resource.resource, request.name)) return;
      assertHeld(rbac, request, objectsAt(object, 'rules').map(parseRule));
    } else if (BINDINGS.has(resource.resource)) {
      if (
        equalJson(object['roleRef'], live?.['roleRef']) &&
        equalJson(object['subjects'], live?.['subjects'])
      )
        return;
      const reference = objectAt(object, 'roleRef');
      const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
      if (await mayDo(authorize, request, 'bind', kind === 'Role' ? 'roles' : 'clusterroles', name)) return;
      const rules = rbac.getRoleRules(kind, request.namespace, name);
      if (rules === undefined) {
        throw new ApiError(
          'NotFound',
          `${kind === 'Role' ? 'roles' : 'clusterroles'}.${GROUP} ${JSON.stringify(name)} not found`,
          {
            name,
            group: GROUP,
            kind: kind === 'Role' ? 'roles' : 'clusterroles',
          },
        );
      }
      assertHeld(rbac, request, rules);
    }
  };
}

async function mayDo(
  authorize: Authorizer,
  request: AdmissionRequest,
  verb: string,
  resource: string,
  name: string,
): Promise<boolean> {
  const attributes: AuthorizationAttributes = {
    user: request.context.user,
    verb,
    isResourceRequest: true,
    namespace: request.namespace,
    group: GROUP,
    version: 'v1',
    resource,
    subresource: '',
    name,
    path: '',
  };
  const { decision } = await authorize(attributes, AbortSignal.timeout(10_000));
  return decision === 'allow';
}

function assertHeld(rbac: Rbac, request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
  const { user } = request.context;
  const missing = subtractRules(wanted, rbac.getRules(user, request.namespace));
  if (missing.length === 0) return;
  const groups = `[${user.groups.map((group) => JSON.stringify(group)).join(' ')}]`;
  const { group, resource } = request.resource;
  throw new ApiError(
    'Forbidden',
    `${formatGroupResource({ group, resource })} ${JSON.stringify(request.name)} is forbidden: user ${JSON.stringify(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${missing.map(formatRule).join('\n')}`,
    { name: request.name, group, kind: resource },
  );
}
