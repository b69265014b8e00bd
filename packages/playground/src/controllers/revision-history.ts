import type { KubeObject } from '@clusternet/kube-data';
import { labelsAt, numberAt, objectAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalApi } from '../control-plane/local-api.ts';
import { createRevisionData, planRevision, planTrim } from './plan-revision.ts';
import { createOwnerReference, hashTemplate, listOwned } from './pods.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';
import { deleteQuietly, updateObject } from './update-status.ts';

const REVISIONS = { group: 'apps', resource: 'controllerrevisions' };
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The ControllerRevisions of StatefulSets and DaemonSets: what they can be rolled back to. */
export interface RevisionHistory {
  /** The newest revision: the one of the template of now, made when it is not there. */
  ensure(owner: KubeObject): Promise<KubeObject>;
  /** A revision by name. */
  find(owner: KubeObject, name: string): Promise<KubeObject | undefined>;
  /** Deletes the oldest beyond `revisionHistoryLimit`. @param inUse - names that stay in any case */
  trim(owner: KubeObject, inUse: ReadonlySet<string>): Promise<void>;
}

/** @param hashLabel - where the hash of the template stands among the labels of a revision */
export function createRevisionHistory(api: LocalApi, hashLabel: string): RevisionHistory {
  const revisions = api.of(REVISIONS.group, REVISIONS.resource);
  const context = createSystemContext('kube-controller-manager');

  const create = async (owner: KubeObject, number: number): Promise<KubeObject> => {
    const { name = '', namespace = '', annotations = {} } = owner.metadata;
    const template = objectAt(objectAt(owner, 'spec'), 'template') ?? {};
    const hash = hashTemplate(template);
    const { [LAST_APPLIED]: _, ...notes } = annotations;
    const revision: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...labelsAt(objectAt(template, 'metadata'), 'labels'), [hashLabel]: hash },
        annotations: notes,
        ownerReferences: [createOwnerReference(owner)],
      },
      data: structuredClone(createRevisionData(template)),
      revision: number,
    };
    const made = await unlessExists(revisions.create(namespace, revision, context));
    return made ?? (await readOrUndefined(revisions, namespace, `${name}-${hash}`)) ?? revision;
  };

  return {
    async ensure(owner) {
      const template = objectAt(objectAt(owner, 'spec'), 'template') ?? {};
      const plan = planRevision(await listOwned(api, REVISIONS, owner), template);
      switch (plan.kind) {
        case 'keep':
          return plan.revision;
        case 'create':
          return create(owner, plan.number);
        case 'renumber': {
          const next = await updateObject(revisions, plan.revision, (live) => {
            live['revision'] = plan.number;
          });
          return next ?? plan.revision;
        }
      }
    },
    async find(owner, name) {
      return (await listOwned(api, REVISIONS, owner)).find(({ metadata }) => metadata.name === name);
    },
    async trim(owner, inUse) {
      const limit = numberAt(objectAt(owner, 'spec'), 'revisionHistoryLimit') ?? 10;
      const history = await listOwned(api, REVISIONS, owner);
      for (const revision of planTrim(history, inUse, limit)) await deleteQuietly(revisions, revision);
    },
  };
}
