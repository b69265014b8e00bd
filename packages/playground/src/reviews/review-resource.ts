import { createMethodNotSupported, readObject, writeJson } from '@clusternet/apiserver';
import type { ApiRequest, OpenApiSchema, ServedResource } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { BuiltInResource } from '../load-built-in-api.ts';

/** Answers a review: the status that goes with what was asked. */
export type ReviewAnswer = (
  review: KubeObject,
  request: ApiRequest,
  signal: AbortSignal,
) => Promise<JsonObject>;

/** A resource that is asked and answered in one POST and never stored. */
export function createReviewResource(
  resource: BuiltInResource,
  schema: OpenApiSchema | undefined,
  answer: ReviewAnswer,
): ServedResource {
  const { group, version, kind } = resource;
  return {
    names: { ...resource, listKind: `${kind}List` },
    verbs: resource.verbs,
    subresources: [],
    ...(schema === undefined ? {} : { schema }),
    ...(resource.schema === undefined ? {} : { schemaName: resource.schema }),
    async handle(request, response, signal) {
      if (request.method !== 'POST') throw createMethodNotSupported(resource, request.info.verb);
      const review = await readObject(request);
      const status = await answer(review, request, signal);
      const metadata = { ...review.metadata, creationTimestamp: null };
      writeJson(response, 201, { ...review, kind, apiVersion: `${group}/${version}`, metadata, status });
    },
  };
}
