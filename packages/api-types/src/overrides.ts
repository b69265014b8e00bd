import type { Static } from 'typebox';
import { API_VERSIONS, OVERRIDE_PRIORITY } from './constants.ts';
import { labelSelector } from './core-schemas.ts';
import { feed } from './feeds.ts';
import { flag, int32, kindSchema, list, oneOf, opt, struct, text } from './schema.ts';

const OVERRIDE_TYPES = ['Helm', 'JSONPatch', 'MergePatch', 'FieldJSONPatch', 'FieldMergePatch'] as const;

const overrideConfig = struct({
  fieldFormat: opt(oneOf(['YAML', 'JSON'], { description: 'Format of the document inside the field.' })),
  fieldPath: opt(text({ description: 'Slash path of a text field that is itself a document.' })),
  name: opt(text()),
  overrideChart: opt(flag({ description: 'With type Helm: patch the HelmChart itself, not its values.' })),
  type: oneOf(OVERRIDE_TYPES),
  value: text({ description: 'The override, as YAML or JSON.' }),
});

const overrideFields = {
  feed: opt(feed),
  overridePolicy: opt(oneOf(['ApplyNow', 'ApplyLater'], { default: 'ApplyLater' })),
  overrides: opt(list(overrideConfig)),
  priority: opt(
    int32({
      minimum: OVERRIDE_PRIORITY.min,
      maximum: OVERRIDE_PRIORITY.max,
      default: OVERRIDE_PRIORITY.default,
      description: 'Applied from low to high: the higher wins.',
    }),
  ),
};

/** Schema of a Globalization. */
export const globalizationSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.apps,
    kind: 'Globalization',
    description: 'Overrides of a feed in all matching clusters.',
  },
  { spec: struct({ ...overrideFields, clusterAffinity: opt(labelSelector) }) },
);

/** Schema of a Localization. */
export const localizationSchema = kindSchema(
  { apiVersion: API_VERSIONS.apps, kind: 'Localization', description: 'Overrides of a feed in one cluster.' },
  { spec: struct(overrideFields) },
);

/** Overrides of a feed in all matching clusters. */
export type Globalization = Static<typeof globalizationSchema>;
/** Overrides of a feed in one cluster. */
export type Localization = Static<typeof localizationSchema>;
/** One override. */
export type OverrideConfig = Static<typeof overrideConfig>;
/** How an override is applied. */
export type OverrideType = (typeof OVERRIDE_TYPES)[number];
