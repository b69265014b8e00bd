import type { ApiError } from '../errors/api-error.ts';
import { createPageNotFound, createPathNotFound } from '../errors/status-errors.ts';
import type { ApiRegistry } from './api-registry.ts';

/** 404 for a path below an API group: a Status where the group is served, plain text where nothing of it is. */
export function createUnknownPath(registry: ApiRegistry, group: string): ApiError {
  const isServed = registry.listGroupVersions().some((item) => item.group === group);
  return isServed ? createPathNotFound() : createPageNotFound();
}
