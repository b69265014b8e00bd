import { decodeBase64, decodeUtf8, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';

/** Typed access to the fields of one map in a kubeconfig. Absent, null and empty text are all undefined. */
export interface Fields {
  text(key: string): string | undefined;
  texts(key: string): readonly string[];
  flag(key: string): boolean;
  /** Text that stands there as base64. */
  data(key: string): string | undefined;
  map(key: string): Fields | undefined;
  maps(key: string): readonly Fields[];
  keys(): readonly string[];
  /** The error for a field. Never shows its value: it may be a credential. */
  invalid(key: string, problem: string): ApiError;
}

/** Every reader throws {@link ApiError} `INVALID_CONFIG` for a value of another type. */
export function createFields(value: JsonObject, path: string, what: string): Fields {
  const invalid = (key: string, problem: string, cause?: unknown): ApiError =>
    new ApiError('INVALID_CONFIG', `${path}: ${key} of ${what} ${problem}`, { cause });
  const own = (key: string): JsonObject[string] => (Object.hasOwn(value, key) ? value[key] : undefined);
  const text = (key: string): string | undefined => {
    const found = own(key) ?? '';
    if (typeof found !== 'string') throw invalid(key, 'is not text; put it in quotes');
    return found === '' ? undefined : found;
  };
  const list = (key: string): readonly JsonObject[string][] => {
    const found = own(key) ?? [];
    if (!Array.isArray(found)) throw invalid(key, 'is not a list');
    return found;
  };
  return {
    text,
    invalid,
    keys: () => Object.keys(value),
    texts: (key) =>
      list(key).map((item) => {
        if (typeof item !== 'string') throw invalid(key, 'holds something that is not text');
        return item;
      }),
    flag: (key) => {
      const found = own(key) ?? false;
      if (typeof found !== 'boolean') throw invalid(key, 'is neither true nor false');
      return found;
    },
    data: (key) => {
      const found = text(key);
      if (found === undefined) return undefined;
      try {
        return decodeUtf8(decodeBase64(found));
      } catch (cause) {
        throw invalid(key, 'is not base64', cause);
      }
    },
    map: (key) => {
      const found = own(key) ?? undefined;
      if (found === undefined) return undefined;
      if (!isJsonObject(found)) throw invalid(key, 'is not a map');
      return createFields(found, path, `${key} of ${what}`);
    },
    maps: (key) =>
      list(key).map((item) => {
        if (!isJsonObject(item)) throw invalid(key, 'holds something that is not a map');
        return createFields(item, path, `${key} of ${what}`);
      }),
  };
}
