import { isJsonObject, parseYamlDocuments, stringifyYaml } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

/** What a cluster that is to join has to know. */
export interface JoinFacts {
  /** Of the cluster in the fleet; empty: the agent makes one. */
  readonly name: string;
  readonly syncMode: string;
  readonly parentUrl: string;
  /** Absent where every machine knows the CA. */
  readonly parentCaPem: string | undefined;
  /** `id.secret` */
  readonly token: string;
}

/**
 * Everything that a child needs to join, as YAML for `kubectl apply`.
 * @param manifests - those of `deploy/agent`
 */
export function planJoin(facts: JoinFacts, manifests: string): string {
  const { parentUrl, parentCaPem, token } = facts;
  const secret: JsonObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'clusternet-agent-cluster-registration', namespace: 'clusternet-system' },
    type: 'Opaque',
    stringData: {
      parentURL: parentUrl,
      regToken: token,
      ...(parentCaPem === undefined ? {} : { parentCA: parentCaPem }),
    },
  };
  const [namespace, ...others] = parseYamlDocuments(manifests).filter(isJsonObject);
  const objects = [...(namespace === undefined ? [] : [namespace]), secret, ...others];
  return objects.map((object) => stringifyYaml(withFlags(object, facts))).join('---\n');
}

/** The Deployment is told name and mode; flags that come later count. */
function withFlags(object: JsonObject, { name, syncMode }: JoinFacts): JsonObject {
  if (object['kind'] !== 'Deployment') return object;
  const flags = [...(name === '' ? [] : [`--cluster-reg-name=${name}`]), `--cluster-sync-mode=${syncMode}`];
  const add = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(add);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        key === 'args' && Array.isArray(member) ? [...withoutMode(member), ...flags] : add(member ?? null),
      ]),
    );
  };
  return add(object) as JsonObject;
}

function withoutMode(args: readonly JsonValue[]): JsonValue[] {
  return args.filter((arg) => typeof arg !== 'string' || !arg.startsWith('--cluster-sync-mode='));
}
