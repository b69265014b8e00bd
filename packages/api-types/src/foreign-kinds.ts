import type { Static } from 'typebox';
import { API_VERSIONS } from './constants.ts';
import { condition } from './core-schemas.ts';
import { ATOMIC_LIST, int32, kindSchema, list, mapList, mapOf, oneOf, opt, struct, text } from './schema.ts';

/** Schema of a ServiceExport (multi-cluster services API). */
export const serviceExportSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.multicluster,
    kind: 'ServiceExport',
    description: 'Makes a Service known to other clusters.',
  },
  { status: opt(struct({ conditions: opt(list(condition, mapList('type'))) })) },
);

const servicePort = struct({
  appProtocol: opt(text()),
  name: opt(text()),
  port: int32(),
  protocol: opt(text()),
});

/** Schema of a ServiceImport (multi-cluster services API). */
export const serviceImportSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.multicluster,
    kind: 'ServiceImport',
    description: 'A Service of other clusters.',
  },
  {
    spec: opt(
      struct({
        ips: opt(list(text(), { maxItems: 1 })),
        ports: list(servicePort, ATOMIC_LIST),
        sessionAffinity: opt(text()),
        sessionAffinityConfig: opt(struct({ clientIP: opt(struct({ timeoutSeconds: opt(int32()) })) })),
        type: oneOf(['ClusterSetIP', 'Headless']),
      }),
    ),
    status: opt(struct({ clusters: opt(list(struct({ cluster: text() }), mapList('cluster'))) })),
  },
);

const MATCH_OPERATORS = [
  'In',
  'NotIn',
  'InRegexp',
  'Exists',
  'DoesNotExist',
  'Gt',
  'Lt',
  'GtLt',
  'IsTrue',
  'IsFalse',
] as const;

const matchFeatures = list(
  struct({
    feature: text(),
    matchExpressions: mapOf(struct({ op: oneOf(MATCH_OPERATORS), value: opt(list(text())) })),
  }),
);

/** Schema of a NodeFeatureRule (node feature discovery). */
export const nodeFeatureRuleSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.nodeFeature,
    kind: 'NodeFeatureRule',
    description: 'Labels for nodes with certain features.',
  },
  {
    spec: struct({
      rules: list(
        struct({
          labels: opt(mapOf(text())),
          labelsTemplate: opt(text()),
          matchAny: opt(list(struct({ matchFeatures }))),
          matchFeatures: opt(matchFeatures),
          name: text(),
          vars: opt(mapOf(text())),
          varsTemplate: opt(text()),
        }),
      ),
    }),
  },
);

/** Makes a Service known to other clusters. */
export type ServiceExport = Static<typeof serviceExportSchema>;
/** A Service of other clusters. */
export type ServiceImport = Static<typeof serviceImportSchema>;
/** Labels for nodes with certain features. */
export type NodeFeatureRule = Static<typeof nodeFeatureRuleSchema>;
