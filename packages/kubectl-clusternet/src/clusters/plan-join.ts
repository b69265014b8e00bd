import { planAgentObjects } from '@clusternet/client';
import type { JoinFacts } from '@clusternet/client';
import { stringifyYaml } from '@clusternet/kube-data';

/**
 * Everything that a child needs to join, as YAML for `kubectl apply`.
 * @param manifests - those of `deploy/agent`
 */
export function planJoin(facts: JoinFacts, manifests: string): string {
  return planAgentObjects(facts, manifests)
    .map((object) => stringifyYaml(object))
    .join('---\n');
}
