import type { PatchSchema } from '@clusternet/kube-data';
import { followRef, getFieldSchema } from '../schema/open-api-schema.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';

/** What a schema says about strategic merge patches (`x-kubernetes-patch-strategy` and `-merge-key`). */
export function createPatchSchema(schema: OpenApiSchema | undefined): PatchSchema | undefined {
  if (schema === undefined) return undefined;
  return {
    field(name) {
      const field = getFieldSchema(schema, name);
      if (field === undefined) return undefined;
      const strategies = (field['x-kubernetes-patch-strategy'] ?? '').split(',');
      const strategy = strategies.find((item) => item === 'merge' || item === 'replace');
      const mergeKey = field['x-kubernetes-patch-merge-key'];
      const target = followRef(field);
      const inner = createPatchSchema(target?.type === 'array' ? target.items : target);
      return {
        ...(strategy === 'merge' || strategy === 'replace' ? { strategy } : {}),
        ...(mergeKey === undefined ? {} : { mergeKey }),
        ...(inner === undefined ? {} : { schema: inner }),
      };
    },
  };
}
