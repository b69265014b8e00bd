import { createMethodNotSupported, readObject, readWriteContext, writeJson } from '@clusternet/apiserver';
import type { Admission, ApiRequest, OpenApiSchema, ServedResource } from '@clusternet/apiserver';
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
  { answer, admit }: { readonly answer: ReviewAnswer; readonly admit: Admission },
): ServedResource {
  const { group, version, kind } = resource;
  const names = { ...resource, listKind: `${kind}List` };
  return {
    names,
    verbs: resource.verbs,
    subresources: [],
    ...(schema === undefined ? {} : { schema }),
    ...(resource.schema === undefined ? {} : { schemaName: resource.schema }),
    async handle(request, response, signal) {
      if (request.method !== 'POST') throw createMethodNotSupported(resource, request.info.verb);
      const review = await readObject(request);
      const context = readWriteContext(request, response, signal);
      await admit({
        operation: 'CREATE',
        resource: names,
        subresource: '',
        kind: { group, version, kind },
        namespace: request.info.namespace,
        name: (review as Partial<KubeObject>).metadata?.name ?? '', // most have none
        object: review,
        live: undefined,
        context,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', ...context.options },
      });
      const status = await answer(review, request, signal);
      const metadata = { ...review.metadata, creationTimestamp: null };
      writeJson(response, 201, { ...review, kind, apiVersion: `${group}/${version}`, metadata, status });
    },
  };
}
