import type { Static } from 'typebox';
import { API_VERSIONS } from './constants.ts';
import { addedStatusFields, affinity, resourceRequirements, toleration } from './core-schemas.ts';
import { feed, feedFields, healthStatus } from './feeds.ts';
import {
  anyObject,
  ATOMIC_MAP,
  bytes,
  int32,
  kindSchema,
  list,
  mapOf,
  oneOf,
  opt,
  struct,
  text,
} from './schema.ts';

/** Schema of a Base. */
export const baseSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.apps,
    kind: 'Base',
    description: 'The feeds of one Subscription for one cluster.',
  },
  { spec: struct({ feeds: list(feed) }) },
);

const PHASES = [
  'Pending',
  'Success',
  'Failure',
  'Installing',
  'Upgrading',
  'Uninstalling',
  'Superseded',
  'Unknown',
] as const;

/** Schema of a Description. */
export const descriptionSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.apps,
    kind: 'Description',
    description: 'What one cluster is to run, with all overrides applied.',
  },
  {
    spec: struct({
      chartRaw: opt(
        list(bytes(), { description: 'The rendered HelmChart objects, by the order of charts.' }),
      ),
      charts: opt(list(struct({ name: text(), namespace: text() }))),
      deployer: oneOf(['Helm', 'Generic']),
      raw: opt(list(bytes(), { description: 'Rendered objects; for Helm, the values of each chart.' })),
    }),
    status: opt(
      struct({
        ...addedStatusFields,
        manifestStatuses: opt(
          list(struct({ ...feedFields, health: opt(healthStatus), observedStatus: opt(anyObject()) })),
        ),
        phase: opt(oneOf(PHASES)),
        reason: opt(text()),
      }),
    ),
  },
);

const feedOrder = struct({
  ...feedFields,
  desiredReplicas: opt(int32({ description: 'Absent for what has no replicas.' })),
  replicaJsonPath: opt(text({ description: 'JSON pointer to the replica count, such as /spec/replicas.' })),
  replicaRequirements: opt(
    struct({
      affinity: opt(affinity),
      nodeSelector: opt(mapOf(text(), ATOMIC_MAP)),
      resources: opt(resourceRequirements),
      tolerations: opt(list(toleration)),
    }),
  ),
});

/** Schema of a FeedInventory. */
export const feedInventorySchema = kindSchema(
  {
    apiVersion: API_VERSIONS.apps,
    kind: 'FeedInventory',
    description: 'How many replicas each feed wants, and what one needs.',
  },
  { spec: struct({ feeds: list(feedOrder) }) },
);

/** Schema of a Manifest. */
export const manifestSchema = kindSchema(
  { apiVersion: API_VERSIONS.apps, kind: 'Manifest', description: 'An object of the shadow API, stored.' },
  { template: anyObject({ description: 'The object.' }) },
);

/** The feeds of one Subscription for one cluster. */
export type Base = Static<typeof baseSchema>;
/** What one cluster is to run, with all overrides applied. */
export type Description = Static<typeof descriptionSchema>;
/** How far the delivery of a Description got. */
export type DescriptionPhase = (typeof PHASES)[number];
/** How many replicas each feed wants, and what one needs. */
export type FeedInventory = Static<typeof feedInventorySchema>;
/** One feed of a FeedInventory. */
export type FeedOrder = Static<typeof feedOrder>;
/** An object of the shadow API, stored. */
export type Manifest = Static<typeof manifestSchema>;
