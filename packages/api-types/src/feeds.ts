import type { Static } from 'typebox';
import { oneOf, opt, struct, text } from './schema.ts';

/** The fields that name an object to deploy. */
export const feedFields = {
  apiVersion: text({ description: 'Group and version, such as apps/v1.' }),
  kind: text({ description: 'Kind, in CamelCase.' }),
  name: text(),
  namespace: opt(text({ description: 'Empty for what is cluster-scoped.' })),
};

/** What an object in a child says of itself. */
export const healthStatus = struct(
  {
    message: opt(text({ description: 'What is amiss.' })),
    state: oneOf(['Healthy', 'Progressing', 'Unhealthy']),
  },
  { description: 'What is said by the object of itself. Delivery does not wait for it.' },
);

/** Schema of a Feed. */
export const feed = struct(feedFields);

/** An object or chart to deploy. */
export type Feed = Static<typeof feed>;
