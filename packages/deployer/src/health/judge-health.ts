import { ANNOTATIONS } from '@clusternet/api-types';
import { objectAt, numberAt, parseApiVersion } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { builtInHealth } from './built-in-health.ts';
import { judgeConditions } from './judge-conditions.ts';
import { progressing } from './health.ts';
import type { Health } from './health.ts';
import { judgeByRule, parseHealthRule } from './health-rule.ts';

/**
 * Judges an object by what it is: by the rule of its annotation, by what is known of kinds that come with Kubernetes, or
 * by the conditions that others have. What says nothing is healthy.
 *
 * @param object - as it is in the child; without `metadata.generation` whether its status is up to date is not minded
 * @see docs/spec/delivery.md, "Health"
 */
export function judgeHealth(object: KubeObject): Health {
  const { generation } = object.metadata;
  const observed = numberAt(objectAt(object, 'status'), 'observedGeneration');
  if (generation !== undefined && observed !== undefined && observed < generation) {
    return progressing('its last change is not observed yet');
  }
  const rule = object.metadata.annotations?.[ANNOTATIONS.healthRule];
  if (rule !== undefined) return judgeByRule(object, parseHealthRule(rule), rule);
  const { group } = parseApiVersion(object.apiVersion);
  const judge = builtInHealth.get(`${group}/${object.kind}`) ?? judgeConditions;
  return judge(object);
}
