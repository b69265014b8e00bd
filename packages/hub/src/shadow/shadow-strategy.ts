import { ANNOTATIONS, LABELS, LABEL_VALUES } from '@clusternet/api-types';
import { createInvalid, invalidValue, isApiError, validatePathSegmentName } from '@clusternet/apiserver';
import type { ApiError, ResourceStrategy, WriteContext } from '@clusternet/apiserver';
import { cloneJson, equalJson, isDnsLabel } from '@clusternet/kube-data';
import type { KubeObject, ObjectMeta } from '@clusternet/kube-data';
import { RBAC_GROUP } from './access-escalation.ts';
import type { EscalationCheck } from './access-escalation.ts';
import type { DryRun } from './dry-run.ts';
import type { ShadowKind } from './shadow-kind.ts';
import { trimObject } from './trim-object.ts';

export interface ShadowStrategyDeps {
  readonly dryRun: DryRun;
  readonly checkEscalation: EscalationCheck;
}

/** What the hub says of an object itself, whatever the parent made of it. */
const OWN_METADATA = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

/** Whether an object is to be kept as it is, without asking the parent. */
export function isUnchecked({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[ANNOTATIONS.skipValidating] === 'true';
}

/** The rules of templates of one kind: the parent checks and completes them, and what only it needs is taken out. */
export function createShadowStrategy(deps: ShadowStrategyDeps, kind: ShadowKind): ResourceStrategy {
  const prepare = async (
    next: KubeObject,
    live: KubeObject | undefined,
    context: WriteContext,
  ): Promise<void> => {
    next.metadata.labels = { ...next.metadata.labels, [LABELS.createdBy]: LABEL_VALUES.createdByHub };
    assertNamespace(next, kind);
    if (kind.group === RBAC_GROUP && !isSameGrant(next, live))
      await deps.checkEscalation(next, context.user, context.signal ?? new AbortController().signal);
    if (isUnchecked(next)) return;
    const result = await tryOut(deps, kind, next, context);
    if (result !== undefined) takeOver(next, result);
  };
  return {
    validateName: isNamespace(kind) ? undefinedUnlessLabel : validatePathSegmentName,
    allowsUnconditionalUpdate: true,
    applyDefaults(next) {
      delete next['status']; // its schema has one by default
    },
    isHeld: () => true, // a Manifest goes when its own finalizers are gone
    prepareCreate: (next, context) => prepare(next, undefined, context),
    async prepareUpdate(next, live, _subresource, context) {
      if (!isSameTemplate(next, live)) await prepare(next, live, context);
    },
  };
}

function isNamespace({ group, resource }: ShadowKind): boolean {
  return group === '' && resource === 'namespaces';
}

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";

function undefinedUnlessLabel(name: string): string | undefined {
  return isDnsLabel(name) ? undefined : LABEL_RULE;
}

/** @throws {ApiError} `Invalid`: the namespace need not exist, but it has to be one that could */
function assertNamespace({ metadata }: KubeObject, { group, kind, namespaced }: ShadowKind): void {
  const { namespace = '', name = '' } = metadata;
  if (!namespaced || isDnsLabel(namespace)) return;
  throw createInvalid({ group, kind }, name, [invalidValue('metadata.namespace', namespace, LABEL_RULE)]);
}

/** Whether what a role or binding grants, and to whom, stays as it is. */
function isSameGrant(next: KubeObject, live: KubeObject | undefined): boolean {
  return (
    ['aggregationRule', 'roleRef', 'rules', 'subjects'].every((key) =>
      equalJson(next[key] ?? null, live?.[key] ?? null),
    ) && live !== undefined
  );
}

/** Whether an update changes nothing but who owns fields: there is nothing to check then. */
function isSameTemplate(next: KubeObject, live: KubeObject): boolean {
  const [after, before] = [next, live].map(({ metadata, ...rest }) => {
    const { managedFields: _owners, resourceVersion: _version, ...others } = metadata;
    return { ...rest, metadata: others };
  });
  return equalJson(after, before);
}

/** @returns undefined for what the hub cannot try out on the parent: the schema alone has its say then */
async function tryOut(
  { dryRun }: ShadowStrategyDeps,
  kind: ShadowKind,
  next: KubeObject,
  context: WriteContext,
): Promise<KubeObject | undefined> {
  try {
    return await dryRun(kind, next, context);
  } catch (error) {
    const reason = isApiError(error) ? describeLimit(error, kind) : undefined;
    if (reason === undefined) throw error;
    context.warn(`checked against its schema only, not tried out on the parent: ${reason}`);
    return undefined;
  }
}

/** What the hub lacks to try an object out; undefined for what is wrong with the object. */
function describeLimit({ code, message }: ApiError, { group, resource }: ShadowKind): string | undefined {
  const what = group === '' ? resource : `${resource}.${group}`;
  if (code === 'Forbidden' && message.includes(' cannot create resource '))
    return `the hub lacks the right to create ${what} there`;
  if (group !== RBAC_GROUP) return undefined;
  if (message.includes('attempting to grant RBAC permissions not currently held'))
    return 'the hub does not hold what it grants';
  return code === 'NotFound' ? 'the role does not exist there' : undefined;
}

/** Puts what the parent made of an object in its place. */
function takeOver(next: KubeObject, result: KubeObject): void {
  const completed = cloneJson(result);
  trimObject(completed);
  const metadata: Partial<ObjectMeta> = completed.metadata;
  for (const key of OWN_METADATA) {
    const value = (next.metadata as Record<string, unknown>)[key];
    if (value === undefined) Reflect.deleteProperty(metadata, key);
    else Object.assign(metadata, { [key]: value });
  }
  for (const key of Object.keys(next)) if (!Object.hasOwn(completed, key)) Reflect.deleteProperty(next, key);
  Object.assign(next, completed);
}
