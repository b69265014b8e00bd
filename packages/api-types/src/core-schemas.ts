import type { Static } from 'typebox';
import {
  ATOMIC_LIST,
  ATOMIC_MAP,
  dateTime,
  int32,
  int64,
  list,
  mapList,
  mapOf,
  oneOf,
  opt,
  quantity,
  struct,
  text,
} from './schema.ts';

const labelSelectorRequirement = struct({
  key: text(),
  operator: text({ description: 'In, NotIn, Exists or DoesNotExist.' }),
  values: opt(list(text(), ATOMIC_LIST)),
});

/** A label query (`metav1.LabelSelector`). */
export const labelSelector = struct(
  {
    matchExpressions: opt(list(labelSelectorRequirement, ATOMIC_LIST)),
    matchLabels: opt(mapOf(text())),
  },
  { ...ATOMIC_MAP, description: 'A label query. An empty one matches everything.' },
);

/** A taint of a cluster (`corev1.Taint`). */
export const taint = struct({
  effect: text({ description: 'NoSchedule, PreferNoSchedule or NoExecute.' }),
  key: text(),
  timeAdded: opt(dateTime()),
  value: opt(text()),
});

/** What tolerates a taint (`corev1.Toleration`). */
export const toleration = struct({
  effect: opt(text({ description: 'Which effect is tolerated; empty means every one.' })),
  key: opt(text({ description: 'Which taint is tolerated; empty, with operator Exists, means every one.' })),
  operator: opt(text({ description: 'Exists or Equal, which is the default.' })),
  tolerationSeconds: opt(int64()),
  value: opt(text()),
});

/** The standard condition (`metav1.Condition`). */
export const condition = struct({
  lastTransitionTime: dateTime(),
  message: text({ maxLength: 32768 }),
  observedGeneration: opt(int64({ minimum: 0 })),
  reason: text({ minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
  status: oneOf(['True', 'False', 'Unknown']),
  type: text({
    maxLength: 316,
    pattern:
      '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
  }),
});

/** Conditions and observed generation: the fields we add to the status of kinds that have none. */
export const addedStatusFields = {
  conditions: opt(list(condition, { ...mapList('type'), description: 'Ready, Reconciling and Stalled.' })),
  observedGeneration: opt(int64({ description: 'The generation of the spec this status speaks of.' })),
};

const nodeSelectorRequirement = struct({
  key: text(),
  operator: text({ description: 'In, NotIn, Exists, DoesNotExist, Gt or Lt.' }),
  values: opt(list(text(), ATOMIC_LIST)),
});

const nodeSelectorTerm = struct(
  {
    matchExpressions: opt(list(nodeSelectorRequirement, ATOMIC_LIST)),
    matchFields: opt(list(nodeSelectorRequirement, ATOMIC_LIST)),
  },
  ATOMIC_MAP,
);

/** A preference with a weight (`corev1.PreferredSchedulingTerm`). */
export const preferredSchedulingTerm = struct({ preference: nodeSelectorTerm, weight: int32() });

/** How replicas spread over a topology (`corev1.TopologySpreadConstraint`). */
export const topologySpreadConstraint = struct({
  labelSelector: opt(labelSelector),
  matchLabelKeys: opt(list(text(), ATOMIC_LIST)),
  maxSkew: int32(),
  minDomains: opt(int32()),
  nodeAffinityPolicy: opt(text()),
  nodeTaintsPolicy: opt(text()),
  topologyKey: text(),
  whenUnsatisfiable: text(),
});

const podAffinityTerm = struct({
  labelSelector: opt(labelSelector),
  matchLabelKeys: opt(list(text(), ATOMIC_LIST)),
  mismatchLabelKeys: opt(list(text(), ATOMIC_LIST)),
  namespaceSelector: opt(labelSelector),
  namespaces: opt(list(text(), ATOMIC_LIST)),
  topologyKey: text(),
});

const podAffinity = struct({
  preferredDuringSchedulingIgnoredDuringExecution: opt(
    list(struct({ podAffinityTerm, weight: int32() }), ATOMIC_LIST),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: opt(list(podAffinityTerm, ATOMIC_LIST)),
});

/** Where pods may run (`corev1.Affinity`). */
export const affinity = struct({
  nodeAffinity: opt(
    struct({
      preferredDuringSchedulingIgnoredDuringExecution: opt(list(preferredSchedulingTerm, ATOMIC_LIST)),
      requiredDuringSchedulingIgnoredDuringExecution: opt(
        struct({ nodeSelectorTerms: list(nodeSelectorTerm, ATOMIC_LIST) }, ATOMIC_MAP),
      ),
    }),
  ),
  podAffinity: opt(podAffinity),
  podAntiAffinity: opt(podAffinity),
});

/** What a container needs (`corev1.ResourceRequirements`). */
export const resourceRequirements = struct({
  claims: opt(list(struct({ name: text(), request: opt(text()) }), mapList('name'))),
  limits: opt(mapOf(quantity())),
  requests: opt(mapOf(quantity())),
});

/** A taint of a cluster. */
export type Taint = Static<typeof taint>;
/** What tolerates a taint. */
export type Toleration = Static<typeof toleration>;
/** A label query, as it stands in an object. */
export type LabelSelector = Static<typeof labelSelector>;
/** The standard condition; every field but `observedGeneration` is required. */
export type Condition = Static<typeof condition>;
/** How replicas spread over a topology. */
export type TopologySpreadConstraint = Static<typeof topologySpreadConstraint>;
/** A preference with a weight. */
export type PreferredSchedulingTerm = Static<typeof preferredSchedulingTerm>;
/** Where pods may run. */
export type Affinity = Static<typeof affinity>;
/** What a container needs. */
export type ResourceRequirements = Static<typeof resourceRequirements>;
