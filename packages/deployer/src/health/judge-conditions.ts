import { objectAt, objectsAt, numberAt, textAt } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { HEALTHY, progressing, unhealthy } from './health.ts';
import type { Health } from './health.ts';

/** Conditions that say that something is well when they are true; the first that is there counts. */
const GOOD = ['Ready', 'Available', 'Healthy', 'Established', 'Succeeded', 'Complete'];
/** Conditions that say that somebody has to do something when they are true. */
const BAD = ['Stalled', 'Failed', 'Degraded'];

/** A condition of an object. */
export function conditionOf(object: KubeObject, type: string): JsonObject | undefined {
  return objectsAt(objectAt(object, 'status'), 'conditions').find((entry) => entry['type'] === type);
}

/** What a condition says, for people. */
export function describeCondition(condition: JsonObject): string {
  const type = textAt(condition, 'type');
  const detail = [textAt(condition, 'reason'), textAt(condition, 'message')].filter((text) => text !== '');
  return [`${type} is ${textAt(condition, 'status')}`, ...detail].join(': ');
}

/** Judges an object of a kind that is not known here by the conditions that controllers usually set. */
export function judgeConditions(object: KubeObject): Health {
  for (const type of BAD) {
    const condition = conditionOf(object, type);
    if (condition?.['status'] === 'True') return unhealthy(describeCondition(condition));
  }
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.['status'] === 'True') return progressing(describeCondition(reconciling));
  for (const type of GOOD) {
    const condition = conditionOf(object, type);
    if (condition === undefined) continue;
    const observed = numberAt(condition, 'observedGeneration');
    const { generation } = object.metadata;
    if (generation !== undefined && observed !== undefined && observed < generation) {
      return progressing('its last change is not observed yet');
    }
    return condition['status'] === 'True' ? HEALTHY : progressing(describeCondition(condition));
  }
  return HEALTHY;
}
