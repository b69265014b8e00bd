import { createServiceUnavailable } from '@clusternet/apiserver';
import type { WriteContext } from '@clusternet/apiserver';
import { resourcePath } from '@clusternet/client';
import type { Transport, TransportResponse } from '@clusternet/client';
import { cloneJson, createSuffix, isJsonObject, parseJson, stringifyJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Random } from '@clusternet/runtime';
import { parseParentStatus } from './parent-errors.ts';
import { renameObject } from './rename-object.ts';
import type { ShadowKind } from './shadow-kind.ts';
import { trimObject } from './trim-object.ts';

export interface DryRunDeps {
  /** To the parent, as the hub. */
  readonly transport: Transport;
  /** Where objects of namespaced kinds are tried out: their own namespace need not exist. */
  readonly reservedNamespace: string;
  readonly random: Random;
}

/**
 * Has the parent check and complete an object without keeping it: its defaults, validation, quota and webhooks.
 *
 * @param object - never written to
 * @returns the object as the parent would have it, under its own name and namespace
 * @throws {ApiError} what the parent says, in its own words
 */
export type DryRun = (kind: ShadowKind, object: KubeObject, context: WriteContext) => Promise<KubeObject>;

/** A little less than a request may take. */
const TIMEOUT_MS = 32_000;
const MAX_NAMES = 5;
const CRD_GROUP = 'apiextensions.k8s.io';

/** Tries objects out by creating them with `dryRun=All`; an update is tried out as a new object, too. */
export function createDryRun(deps: DryRunDeps): DryRun {
  const { transport, reservedNamespace, random } = deps;

  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    body: KubeObject | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly response: TransportResponse; readonly text: string }> => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    try {
      return await withTimeout(TIMEOUT_MS, signal, 'the dry run on the parent', async (inner) => {
        const request = {
          method,
          path,
          headers,
          ...(body === undefined ? {} : { body: stringifyJson(body) }),
        };
        const response = await transport.request(request, inner);
        return { response, text: await response.text() };
      });
    } catch (error) {
      throw createServiceUnavailable(
        `the object could not be tried out on the parent: ${errorText(error)}; try again`,
      );
    }
  };

  return async (kind, object, context) => {
    const { namespace, name = '' } = object.metadata;
    const ref = { ...kind, plural: kind.resource };
    const query = new URLSearchParams({
      dryRun: 'All',
      fieldManager: context.fieldManager,
      fieldValidation: context.fieldValidation,
    });
    const path = `${resourcePath(ref, kind.namespaced ? { namespace: reservedNamespace } : {})}?${query.toString()}`;
    const body = cloneJson(object);
    trimObject(body);
    delete body.metadata.uid;
    if (kind.namespaced) body.metadata.namespace = reservedNamespace;

    for (let attempt = 1; ; attempt += 1) {
      const { response, text } = await ask('POST', path, body, context.signal);
      const isTaken = response.status === 409 && attempt < MAX_NAMES;
      if (isTaken && kind.group === CRD_GROUP) {
        // A definition has but one name: what the parent has is what children get.
        const found = await ask('GET', resourcePath(ref, { name }), undefined, context.signal);
        if (found.response.status === 200) return readObject(found.text);
      } else if (isTaken) {
        renameObject(body, createOtherName(name, random));
        continue;
      }
      if (response.status >= 300) throw parseParentStatus(response.status, text);
      for (const warning of readWarnings(response)) context.warn(warning);
      const result = readObject(text);
      renameObject(result, name);
      if (namespace === undefined) delete result.metadata.namespace;
      else result.metadata.namespace = namespace;
      return result;
    }
  };
}

/** As valid as the name itself: the first attempt has shown that one to be. */
function createOtherName(name: string, random: Random): string {
  const start = name.slice(0, 40).replace(/[^A-Za-z0-9]+$/, '');
  return `${start}-${createSuffix(random.bytes(16))}`;
}

function readObject(text: string): KubeObject {
  const value = parseJson(text);
  if (!isJsonObject(value) || !isJsonObject(value['metadata']))
    throw createServiceUnavailable(
      'the parent answered a dry run with something that is no object; try again',
    );
  return value as unknown as KubeObject; // it is what the parent has made of ours
}

function readWarnings({ headers }: TransportResponse): string[] {
  const found = (headers['warning'] ?? '').matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...found].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
