import { NAMES, NAMESPACES, SECRET_KEYS } from '@clusternet/api-types/constants';
import { isJsonObject, parseYamlDocuments } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

/** What a cluster that is to join has to know. */
export interface JoinFacts {
  /** Of the cluster in the fleet; empty: the agent makes one. */
  readonly name: string;
  /** `Push`, `Pull` or `Dual` */
  readonly syncMode: string;
  readonly parentUrl: string;
  /** PEM, or base64 of that. Absent where every machine knows the CA. */
  readonly parentCaPem: string | undefined;
  /** `id.secret`, or of a service account */
  readonly token: string;
  /** Labels of the ManagedCluster. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Image of the agent. @default what the manifests say */
  readonly image?: string;
}

/**
 * Everything that a cluster needs to join, in an order in which it can be applied.
 *
 * @param manifests - those of `deploy/agent`, YAML
 * @throws {YamlError} for what is no YAML
 */
export function planAgentObjects(facts: JoinFacts, manifests: string): JsonObject[] {
  const { parentUrl, parentCaPem, token } = facts;
  const secret: JsonObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: NAMES.agentRegistrationSecret, namespace: NAMESPACES.system },
    type: 'Opaque',
    stringData: {
      [SECRET_KEYS.parentUrl]: parentUrl,
      [SECRET_KEYS.registrationToken]: token,
      ...(parentCaPem === undefined ? {} : { [SECRET_KEYS.parentCa]: parentCaPem }),
    },
  };
  const [namespace, ...others] = parseYamlDocuments(manifests).filter(isJsonObject);
  const objects = [...(namespace === undefined ? [] : [namespace]), secret, ...others];
  return objects.map((object) => (object['kind'] === 'Deployment' ? withFacts(object, facts) : object));
}

/** The Deployment is told name, mode and labels; flags that come later count. */
function withFacts(object: JsonObject, { name, syncMode, labels = {}, image }: JoinFacts): JsonObject {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const flags = [
    ...(name === '' ? [] : [`--cluster-reg-name=${name}`]),
    `--cluster-sync-mode=${syncMode}`,
    ...(pairs.length === 0 ? [] : [`--cluster-labels=${pairs.join(',')}`]),
  ];
  const change = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(change);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member = null]): [string, JsonValue] => {
        if (key === 'args' && Array.isArray(member)) return [key, [...withoutMode(member), ...flags]];
        if (key === 'image' && image !== undefined) return [key, image];
        return [key, change(member)];
      }),
    );
  };
  return change(object) as JsonObject;
}

function withoutMode(args: readonly JsonValue[]): JsonValue[] {
  return args.filter((arg) => typeof arg !== 'string' || !arg.startsWith('--cluster-sync-mode='));
}
