import { parseApiVersion } from './api-version.ts';

/** How a strategic merge patch treats the fields of one type. */
export interface PatchSchema {
  /** Undefined for a field without rules: maps merge, lists are replaced. */
  field(name: string): PatchField | undefined;
}

/** How a strategic merge patch treats one field. */
export interface PatchField {
  /** `merge` for lists that merge, `replace` for maps that do not; undefined is the default of the value's type. */
  readonly strategy?: 'merge' | 'replace';
  /** What identifies an item of a merging list; undefined for lists of scalars. */
  readonly mergeKey?: string;
  /** The rules inside the field's value, or inside the items of a list. */
  readonly schema?: PatchSchema;
}

/**
 * One field of a type: `Type` for a nested type, `[key]` for a list that merges by key, `[key]Type` for both,
 * `[]` for a list of scalars that merges, `=` for a map that is replaced.
 */
type FieldRule = string;
type TypeRules = Readonly<Record<string, FieldRule>>;

const CONDITIONS: TypeRules = { conditions: '[type]' };
const WITH_CONDITIONS: TypeRules = { status: 'Conditions' };
const WORKLOAD: TypeRules = { spec: 'WorkloadSpec', status: 'Conditions' };
const CONTAINER: TypeRules = {
  ports: '[containerPort]',
  env: '[name]',
  volumeMounts: '[mountPath]',
  volumeDevices: '[devicePath]',
};
const WEBHOOKS: TypeRules = { webhooks: '[name]Webhook' };
const ADMISSION_POLICY: TypeRules = { spec: 'AdmissionPolicySpec', status: 'Conditions' };

/** The patch strategies of the built-in types (`x-kubernetes-patch-strategy` and `-merge-key`). */
const TYPES: ReadonlyMap<string, TypeRules> = new Map<string, TypeRules>(
  Object.entries<TypeRules>({
    Conditions: CONDITIONS,
    ObjectMeta: { ownerReferences: '[uid]', finalizers: '[]' },
    PodTemplate: { metadata: 'ObjectMeta', spec: 'PodSpec' },
    WorkloadSpec: { template: 'PodTemplate' },
    PodSpec: {
      volumes: '[name]',
      initContainers: '[name]Container',
      containers: '[name]Container',
      ephemeralContainers: '[name]Container',
      imagePullSecrets: '[name]',
      hostAliases: '[ip]',
      topologySpreadConstraints: '[topologyKey]',
      schedulingGates: '[name]',
      resourceClaims: '[name]',
    },
    PodStatus: { ...CONDITIONS, podIPs: '[ip]', hostIPs: '[ip]', resourceClaimStatuses: '[name]' },
    Container: CONTAINER,
    ServiceSpec: { ports: '[port]' },
    NodeSpec: { podCIDRs: '[]' },
    NodeStatus: { ...CONDITIONS, addresses: '[type]' },
    CronJobSpec: { jobTemplate: 'JobTemplate' },
    JobTemplate: { metadata: 'ObjectMeta', spec: 'WorkloadSpec' },
    DisruptionBudgetSpec: { selector: '=' },
    Webhook: { matchConditions: '[name]' },
    AdmissionPolicySpec: { matchConditions: '[name]', variables: '[name]' },
    CsiNodeSpec: { drivers: '[name]' },
  }),
);

/** Every built-in kind by group; versions of one group do not differ in these rules. */
const KINDS: ReadonlyMap<string, TypeRules> = new Map<string, TypeRules>(
  Object.entries<TypeRules>({
    '/Pod': { spec: 'PodSpec', status: 'PodStatus' },
    '/PodTemplate': { template: 'PodTemplate' },
    '/Service': { spec: 'ServiceSpec', status: 'Conditions' },
    '/ServiceAccount': { secrets: '[name]' },
    '/Node': { spec: 'NodeSpec', status: 'NodeStatus' },
    '/Namespace': WITH_CONDITIONS,
    '/PersistentVolumeClaim': WITH_CONDITIONS,
    '/ReplicationController': WORKLOAD,
    '/ComponentStatus': CONDITIONS,
    '/ConfigMap': {},
    '/Secret': {},
    '/Endpoints': {},
    '/Event': {},
    '/LimitRange': {},
    '/PersistentVolume': {},
    '/ResourceQuota': {},
    'apps/Deployment': WORKLOAD,
    'apps/DaemonSet': WORKLOAD,
    'apps/StatefulSet': WORKLOAD,
    'apps/ReplicaSet': WORKLOAD,
    'apps/ControllerRevision': {},
    'extensions/Deployment': WORKLOAD,
    'extensions/DaemonSet': WORKLOAD,
    'extensions/ReplicaSet': WORKLOAD,
    'extensions/Ingress': {},
    'batch/Job': WORKLOAD,
    'batch/CronJob': { spec: 'CronJobSpec' },
    'autoscaling/HorizontalPodAutoscaler': WITH_CONDITIONS,
    'autoscaling/Scale': {},
    'policy/PodDisruptionBudget': { spec: 'DisruptionBudgetSpec', status: 'Conditions' },
    'networking.k8s.io/Ingress': {},
    'networking.k8s.io/IngressClass': {},
    'networking.k8s.io/NetworkPolicy': {},
    'networking.k8s.io/IPAddress': {},
    'networking.k8s.io/ServiceCIDR': WITH_CONDITIONS,
    'rbac.authorization.k8s.io/Role': {},
    'rbac.authorization.k8s.io/RoleBinding': {},
    'rbac.authorization.k8s.io/ClusterRole': {},
    'rbac.authorization.k8s.io/ClusterRoleBinding': {},
    'storage.k8s.io/StorageClass': {},
    'storage.k8s.io/VolumeAttachment': {},
    'storage.k8s.io/VolumeAttributesClass': {},
    'storage.k8s.io/CSIDriver': {},
    'storage.k8s.io/CSINode': { spec: 'CsiNodeSpec' },
    'storage.k8s.io/CSIStorageCapacity': {},
    'coordination.k8s.io/Lease': {},
    'discovery.k8s.io/EndpointSlice': {},
    'events.k8s.io/Event': {},
    'certificates.k8s.io/CertificateSigningRequest': {},
    'scheduling.k8s.io/PriorityClass': {},
    'node.k8s.io/RuntimeClass': {},
    'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
    'admissionregistration.k8s.io/ValidatingAdmissionPolicy': ADMISSION_POLICY,
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': {},
    'apiregistration.k8s.io/APIService': WITH_CONDITIONS,
    'apiextensions.k8s.io/CustomResourceDefinition': {},
    'flowcontrol.apiserver.k8s.io/FlowSchema': WITH_CONDITIONS,
    'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': WITH_CONDITIONS,
  }),
);

/**
 * The patch rules of a built-in Kubernetes kind.
 *
 * @returns Undefined for any other kind: kube-apiserver refuses strategic merge patches for those.
 */
export function builtInPatchSchema(apiVersion: string, kind: string): PatchSchema | undefined {
  const rules = KINDS.get(`${parseApiVersion(apiVersion).group}/${kind}`);
  return rules === undefined ? undefined : createSchema({ metadata: 'ObjectMeta', ...rules });
}

function createSchema(rules: TypeRules): PatchSchema {
  return {
    field: (name) => {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      return rule === undefined ? undefined : parseRule(rule);
    },
  };
}

function parseRule(rule: FieldRule): PatchField {
  const [, list, replace, typeName = ''] = /^(?:\[(\w*)\]|(=))?(\w*)$/.exec(rule) ?? [];
  const type = TYPES.get(typeName);
  return {
    ...(list === undefined ? {} : { strategy: 'merge' }),
    ...(replace === undefined ? {} : { strategy: 'replace' }),
    ...(list === undefined || list === '' ? {} : { mergeKey: list }),
    ...(type === undefined ? {} : { schema: createSchema(type) }),
  };
}
