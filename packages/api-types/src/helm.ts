import type { Static } from 'typebox';
import { API_VERSIONS } from './constants.ts';
import { addedStatusFields } from './core-schemas.ts';
import { bytes, flag, int32, integer, kindSchema, oneOf, opt, struct, text } from './schema.ts';

const REPO_PATTERN =
  '^(http|https|oci)?://(?:[a-zA-Z]|[0-9]|[$-_@.&+]|[!*\\(\\),]|(?:%[0-9a-fA-F][0-9a-fA-F]))+$';

const helmOptionFields = {
  atomic: opt(flag({ description: 'Roll back a failed installation.' })),
  chart: text({ description: 'Name of the chart.' }),
  chartPullSecret: opt(struct({ name: opt(text()), namespace: opt(text()) })),
  createNamespace: opt(flag({ default: true })),
  disableHooks: opt(flag()),
  force: opt(flag()),
  plainHTTP: opt(flag()),
  replace: opt(flag({ description: 'Reuse the name of a deleted release.' })),
  replaceCRDs: opt(flag({ description: 'Replace CRDs first; ignored with skipCRDs.' })),
  repo: text({
    pattern: REPO_PATTERN,
    strictPattern: '(http|https|oci)://\\S+',
    description: 'URL of the chart repository or OCI registry.',
  }),
  skipCRDs: opt(flag()),
  timeoutSeconds: opt(int32({ default: 300 })),
  upgradeAtomic: opt(flag({ description: 'Roll back a failed upgrade.' })),
  version: opt(text({ description: 'Version of the chart; empty means the latest.' })),
  wait: opt(flag()),
  waitForJob: opt(flag()),
};

/** Schema of a HelmChart. */
export const helmChartSchema = kindSchema(
  { apiVersion: API_VERSIONS.apps, kind: 'HelmChart', description: 'A Helm chart to deploy.' },
  {
    spec: struct({ ...helmOptionFields, targetNamespace: text() }),
    status: opt(
      struct({ ...addedStatusFields, phase: opt(oneOf(['Found', 'NotFound'])), reason: opt(text()) }),
    ),
  },
);

/** Schema of a HelmRelease. */
export const helmReleaseSchema = kindSchema(
  { apiVersion: API_VERSIONS.apps, kind: 'HelmRelease', description: 'One chart in one cluster.' },
  {
    spec: struct({
      ...helmOptionFields,
      overrides: opt(bytes({ description: 'The values, as a JSON object.' })),
      releaseName: opt(text()),
      targetNamespace: text(),
    }),
    status: opt(
      struct({
        ...addedStatusFields,
        description: opt(text()),
        firstDeployed: opt(text()),
        lastDeployed: opt(text()),
        notes: opt(text()),
        phase: opt(text({ description: 'Status of the Helm release, such as deployed or failed.' })),
        version: opt(integer()),
      }),
    ),
  },
);

/** A Helm chart to deploy. */
export type HelmChart = Static<typeof helmChartSchema>;
/** One chart in one cluster. */
export type HelmRelease = Static<typeof helmReleaseSchema>;
