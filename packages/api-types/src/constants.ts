/** API groups and versions, as they stand in `apiVersion`. */
export const API_VERSIONS = {
  clusters: 'clusters.clusternet.io/v1beta1',
  apps: 'apps.clusternet.io/v1alpha1',
  proxies: 'proxies.clusternet.io/v1alpha1',
  shadow: 'shadow/v1alpha1',
  multicluster: 'multicluster.x-k8s.io/v1alpha1',
  nodeFeature: 'nfd.k8s-sigs.io/v1alpha1',
} as const;

/** The names of the API groups. */
export const API_GROUPS = {
  clusters: 'clusters.clusternet.io',
  apps: 'apps.clusternet.io',
  proxies: 'proxies.clusternet.io',
  shadow: 'shadow',
  multicluster: 'multicluster.x-k8s.io',
  nodeFeature: 'nfd.k8s-sigs.io',
} as const;

/** Label keys. */
export const LABELS = {
  registeredBy: 'clusters.clusternet.io/registered-by',
  clusterId: 'clusters.clusternet.io/cluster-id',
  clusterName: 'clusters.clusternet.io/cluster-name',
  bootstrapping: 'clusters.clusternet.io/bootstrapping',
  createdBy: 'clusternet.io/created-by',
  configGroup: 'apps.clusternet.io/config.group',
  configVersion: 'apps.clusternet.io/config.version',
  configKind: 'apps.clusternet.io/config.kind',
  configName: 'apps.clusternet.io/config.name',
  configNamespace: 'apps.clusternet.io/config.namespace',
  configUid: 'apps.clusternet.io/config.uid',
  subscriptionUid: 'apps.clusternet.io/subs.uid',
  subscriptionName: 'apps.clusternet.io/subs.name',
  subscriptionNamespace: 'apps.clusternet.io/subs.namespace',
  multiClusterServiceName: 'services.clusternet.io/multi-cluster-service-name',
  multiClusterServiceNamespace: 'services.clusternet.io/multi-cluster-service-namespace',
} as const;

/** Values of the labels `created-by`, `registered-by` and `bootstrapping`. */
export const LABEL_VALUES = {
  createdByAgent: 'clusternet-agent',
  createdByControllerManager: 'clusternet-controller-manager',
  createdByHub: 'clusternet-hub',
  bootstrappingCredentials: 'credentials-auto',
  bootstrappingRbac: 'rbac-defaults',
} as const;

/** Default prefix of the node labels that are aggregated onto the ManagedCluster. */
export const NODE_LABEL_PREFIX = 'node.clusternet.io/';

/** Annotation keys. */
export const ANNOTATIONS = {
  autoUpdate: 'clusternet.io/autoupdate',
  feedProtection: 'apps.clusternet.io/feed-protection',
  skipValidating: 'apps.clusternet.io/skip-validating',
  ownedByDescription: 'apps.clusternet.io/owned-by-description',
  lastAppliedConfiguration: 'clusternet.io/last-applied-configuration',
  isDefaultClusterInit: 'apps.clusternet.io/is-default-cluster-init',
  clusterInitBase: 'apps.clusternet.io/cluster-init-base',
  skipClusterInit: 'clusters.clusternet.io/skip-cluster-init',
  legacyClusterId: 'legacy-cluster-id',
  serviceAccountName: 'kubernetes.io/service-account.name',
  /** On a registration request, by the agent: the public key that its credential is to be sealed to. */
  credentialKey: 'clusters.clusternet.io/credential-key',
  /** On a registration request, by the hub: the credential, for the holder of the private key only. */
  sealedCredential: 'clusters.clusternet.io/sealed-credential',
  /** On a registration request, by an operator: the UID of the request approves it, `denied` denies it. */
  approval: 'clusters.clusternet.io/approval',
  /** On a registration request, by the hub: dedicated namespaces that the cluster had before, separated by commas. */
  formerNamespaces: 'clusters.clusternet.io/former-namespaces',
  /** On a ManagedCluster, by its agent: what the agent's flags said when it last wrote them here, as JSON. */
  declaredByAgent: 'clusters.clusternet.io/declared-by-agent',
  /** On a ManagedCluster, by its agent: which process reports, and from where. */
  agentIdentity: 'clusters.clusternet.io/agent-identity',
  /** On a ManagedCluster, by an operator: `Remove`, `Keep` or `Force`; what becomes of what was delivered. */
  detach: 'clusters.clusternet.io/detach',
  /** On a Description or a template: `Orphan` leaves in the child what was delivered for it when it is deleted. */
  deletionPolicy: 'apps.clusternet.io/deletion-policy',
  /** On a template: `Refuse` leaves alone an object that is in the child already and nobody delivered. */
  adoption: 'apps.clusternet.io/adoption',
  /** On a template: when the object is healthy, in the words of `kubectl wait --for`. */
  healthRule: 'apps.clusternet.io/health-rule',
  /** On a template: JSON pointers of fields that are others' to set once the object is there. */
  ignoreFields: 'apps.clusternet.io/ignore-fields',
  /** On a template: `Recreate` deletes the object and makes it anew where a field cannot be changed. */
  replacePolicy: 'apps.clusternet.io/replace-policy',
} as const;

/** Taints that are set and removed automatically; both with effect NoSchedule. */
export const TAINTS = {
  unschedulable: 'clusters.clusternet.io/unschedulable',
  initialization: 'clusters.clusternet.io/initialization',
  /** Ours: the cluster is leaving the fleet. */
  detaching: 'clusters.clusternet.io/detaching',
} as const;

/** Condition types of a ManagedCluster. */
export const CLUSTER_CONDITIONS = {
  ready: 'Ready',
  clusterInit: 'ClusterInit',
  /** Ours: how far the removal of the cluster from the fleet is. */
  detaching: 'Detaching',
  /** Ours: another agent reports with the same cluster id. */
  duplicated: 'Duplicated',
} as const;

/** Condition types of our own kinds: what readers judge by. */
export const CONDITIONS = { ready: 'Ready', reconciling: 'Reconciling', stalled: 'Stalled' } as const;

/** Reasons of the conditions of a ManagedCluster; the first three are also values of the unschedulable taint. */
export const CLUSTER_REASONS = {
  ready: 'ManagedClusterReady',
  notReady: 'ManagedClusterNotReady',
  statusUnknown: 'ClusterStatusUnknown',
  statusNeverUpdated: 'ClusterStatusNeverUpdated',
  initWaiting: 'ClusterInitWaiting',
  initDisabled: 'ClusterInitDisabled',
  initDone: 'ClusterInitDone',
} as const;

/** Finalizers. */
export const FINALIZERS = {
  app: 'apps.clusternet.io/finalizer',
  feedProtection: 'apps.clusternet.io/feed-protection',
} as const;

/** Namespaces. */
export const NAMESPACES = {
  system: 'clusternet-system',
  reserved: 'clusternet-reserved',
  multiClusterService: 'clusternet-mcs',
  clusterApi: 'capi-system',
} as const;

/** Names of objects, and prefixes of names. */
export const NAMES = {
  /** Of registration requests, dedicated namespaces and service accounts, cluster roles and their bindings. */
  objectPrefix: 'clusternet-',
  clusterNamePrefix: 'clusternet-cluster',
  managedClusterRole: 'clusternet-managedcluster-role',
  parentClusterSecret: 'parent-cluster',
  childClusterSecret: 'child-cluster-deployer',
  /** In a dedicated namespace: with what the hub lets callers keep their identity in the child. */
  childVisitorsSecret: 'child-cluster-visitors',
  /** In the child: who impersonates those callers, and the ClusterRole that says which. */
  visitorServiceAccount: 'clusternet-visitors',
  visitorRole: 'clusternet:visitors',
  deployerServiceAccount: 'clusternet-app-deployer',
  hubProxyServiceAccount: 'clusternet-hub-proxy',
  /** In the child: the private key of its sealed credential. */
  credentialKeySecret: 'clusternet-agent-credential-key',
  agentRegistrationSecret: 'clusternet-agent-cluster-registration',
  clusterApiSecret: 'clusternet-cluster-api',
  hubPeerLeasePrefix: 'clusternet-hub-peer-',
  /** In the parent: where agents reach hubs without kube-apiserver in between, and the key of its data. */
  hubAddressConfigMap: 'clusternet-hub-address',
  hubAddressKey: 'address',
  agentLease: 'clusternet-agent',
  controllerManagerLease: 'clusternet-controller-manager',
  schedulerLease: 'clusternet-scheduler',
  derivedServicePrefix: 'derived-',
} as const;

/** Keys of the data of our Secrets. */
export const SECRET_KEYS = {
  caCert: 'ca.crt',
  token: 'token',
  namespace: 'namespace',
  apiServerUrl: 'apiserver-advertise-url',
  serviceAccountName: 'service-account.name',
  serviceAccountUid: 'service-account.uid',
  parentUrl: 'parentURL',
  registrationToken: 'regToken',
  parentCa: 'parentCA',
  image: 'image',
  username: 'username',
  password: 'password',
} as const;

/** HTTP headers. */
export const HEADERS = {
  clusterId: 'Cluster-ID',
  remoteExtraPrefix: 'X-Remote-Extra-',
  tunnelId: 'X-API-Tunnel-ID',
  tunnelToken: 'X-API-Tunnel-Token',
} as const;

/** Keys of impersonation extras, in the lower case in which they arrive. */
export const EXTRAS = {
  prefix: 'clusternet-',
  token: 'clusternet-token',
  certificate: 'clusternet-certificate',
  privateKey: 'clusternet-privatekey',
  impersonateUser: 'clusternet-impersonate-user',
  impersonateUid: 'clusternet-impersonate-uid',
  impersonateGroup: 'clusternet-impersonate-group',
} as const;

/** The user name that carries the extras through kube-apiserver. */
export const IMPERSONATED_USER = 'clusternet';

/** Discovery categories of our kinds and of shadow resources. */
export const CATEGORIES = { clusternet: 'clusternet', shadow: 'clusternet.shadow' } as const;

/** The extended resource that is summed up beside cpu and memory. */
export const GPU_RESOURCE = 'nvidia.com/gpu';

/** Feature gates, by their Go names. */
export const FEATURE_GATES = [
  'SocketConnection',
  'AppPusher',
  'Deployer',
  'ShadowAPI',
  'FeedInUseProtection',
  'Recovery',
  'FeedInventory',
  'Predictor',
  'MultiClusterService',
  'FailOver',
  'FeasibleClustersToleration',
  'ClusterInit',
] as const;

/** One feature gate. */
export type FeatureGate = (typeof FEATURE_GATES)[number];

/** The range of `spec.priority` of overrides, and what the divider's own Localizations use. */
export const OVERRIDE_PRIORITY = { min: 0, max: 1000, default: 500, dividing: 1000 } as const;

/** Longest Subscription name that still fits into the name labels of its Bases. */
export const MAX_LABELLED_SUBSCRIPTION_NAME = 57;

/** Name of the single override in a Localization that divides replicas. */
export const DIVIDING_OVERRIDE_NAME = 'dividing scheduling replicas';

/** Longest note of an event, in bytes; longer ones are cut and end in ` ...`. */
export const EVENT_NOTE_LIMIT_BYTES = 1024;
