import { ANNOTATIONS, CLUSTER_CONDITIONS, CLUSTER_REASONS, TAINTS } from '@clusternet/api-types';
import type { Base, Description, ManagedCluster } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { compareText } from '@clusternet/kube-data';

/** What is known of the initialisation of a cluster. */
export interface InitEvidence {
  /** Shape `[n]`: the Bases of its namespace. */
  readonly bases: readonly Base[];
  readonly getDescriptions: (base: Base) => readonly Description[];
}

export interface ClusterInitPlan {
  readonly condition: ConditionUpdate;
  /** To be written to `spec.clusterInitBaseName`, which cannot be changed later; undefined: nothing to write. */
  readonly baseName: string | undefined;
  readonly isWaiting: boolean;
}

/**
 * Decides whether a cluster is initialised: the Base that initialises it is the one its annotation names, else the
 * one whose Subscription is the default for initialisation; it is done when all of that Base's Descriptions are.
 *
 * @param evidence - undefined while the feature gate ClusterInit is off
 */
export function planClusterInit(
  cluster: ManagedCluster,
  evidence: InitEvidence | undefined,
): ClusterInitPlan {
  const { annotations = {} } = cluster.metadata;
  if (evidence === undefined) return disabled('feature gate ClusterInit is not enabled');
  if (annotations[ANNOTATIONS.skipClusterInit] === 'true') {
    return disabled(`the annotation ${ANNOTATIONS.skipClusterInit} says so`);
  }
  const known = cluster.spec?.clusterInitBaseName;
  const name = known ?? annotations[ANNOTATIONS.clusterInitBase] ?? findDefault(evidence.bases);
  const baseName = known === undefined ? name : undefined;
  if (name === undefined) {
    return isOldMember(cluster)
      ? disabled('the cluster was in the fleet before clusters were initialised')
      : waiting('no Base initialises this cluster yet: none is the default, and no annotation names one');
  }
  const base = evidence.bases.find(({ metadata }) => metadata.name === name);
  if (base === undefined)
    return waiting(`Base ${name}, which initialises this cluster, is not there yet`, baseName);
  const problem = findProblem(evidence.getDescriptions(base), name);
  if (problem !== undefined) return waiting(problem, baseName);
  const message = `Base ${name} is deployed`;
  return {
    condition: {
      type: CLUSTER_CONDITIONS.clusterInit,
      status: 'True',
      reason: CLUSTER_REASONS.initDone,
      message,
    },
    baseName,
    isWaiting: false,
  };
}

/** Of several defaults the oldest, so that a later one changes nothing. */
function findDefault(bases: readonly Base[]): string | undefined {
  const [first] = bases
    .filter(({ metadata }) => metadata.annotations?.[ANNOTATIONS.isDefaultClusterInit] === 'true')
    .sort(
      (a, b) =>
        compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
        compareText(a.metadata.name ?? '', b.metadata.name ?? ''),
    );
  return first?.metadata.name;
}

/** Whether the cluster served before the gate was on: it must not be emptied now. */
function isOldMember({ spec, status }: ManagedCluster): boolean {
  const isTainted = spec?.taints?.some(({ key }) => key === TAINTS.initialization) === true;
  return !isTainted && findCondition(status?.conditions, CLUSTER_CONDITIONS.clusterInit)?.status === 'True';
}

/** @returns undefined when there are Descriptions and all of them are deployed */
function findProblem(descriptions: readonly Description[], name: string): string | undefined {
  if (descriptions.length === 0) return `Base ${name} has no Descriptions yet`;
  const problems = descriptions.flatMap(({ metadata, status }) =>
    status?.phase === 'Success'
      ? []
      : [`Description ${metadata.name ?? ''}: ${status?.reason ?? 'not deployed yet'}`],
  );
  return problems.length === 0 ? undefined : problems.join('; ');
}

function disabled(message: string): ClusterInitPlan {
  const { clusterInit: type } = CLUSTER_CONDITIONS;
  return {
    condition: { type, status: 'True', reason: CLUSTER_REASONS.initDisabled, message },
    baseName: undefined,
    isWaiting: false,
  };
}

function waiting(message: string, baseName?: string): ClusterInitPlan {
  const { clusterInit: type } = CLUSTER_CONDITIONS;
  return {
    condition: { type, status: 'False', reason: CLUSTER_REASONS.initWaiting, message },
    baseName,
    isWaiting: true,
  };
}
