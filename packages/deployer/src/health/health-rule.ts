import { evaluateJsonPath, textAt } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { HEALTHY, progressing, unhealthy } from './health.ts';
import type { Health } from './health.ts';
import { conditionOf, describeCondition } from './judge-conditions.ts';

/** When an object is healthy, in the words of `kubectl wait --for`. */
export type HealthRule =
  | { readonly kind: 'condition'; readonly type: string; readonly status: string }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'jsonpath'; readonly path: string; readonly value: string | undefined };

/**
 * Reads `condition=TYPE`, `condition=TYPE=STATUS`, `jsonpath={PATH}` (there is something) or `jsonpath={PATH}=VALUE`.
 */
export function parseHealthRule(text: string): HealthRule {
  const condition = /^condition=([^=\s]+)(?:=([^=\s]+))?$/i.exec(text.trim());
  if (condition !== null) {
    const [, type = '', status = 'True'] = condition;
    return { kind: 'condition', type, status };
  }
  const jsonPath = /^jsonpath=(\{[^]*\})(?:=(.*))?$/i.exec(text.trim());
  if (jsonPath === null) return { kind: 'invalid' };
  const [, path = '', value] = jsonPath;
  try {
    evaluateJsonPath({}, path);
    return { kind: 'jsonpath', path, value };
  } catch {
    return { kind: 'invalid' };
  }
}

export function judgeByRule(object: KubeObject, rule: HealthRule, text: string): Health {
  switch (rule.kind) {
    case 'invalid':
      return unhealthy(`its health rule "${text}" cannot be read`);
    case 'condition': {
      const condition = conditionOf(object, rule.type);
      if (condition === undefined) return progressing(`it has no condition ${rule.type} yet`);
      if (textAt(condition, 'status').toLowerCase() === rule.status.toLowerCase()) return HEALTHY;
      return progressing(`${describeCondition(condition)}, not ${rule.status}`);
    }
    case 'jsonpath': {
      const found = evaluateJsonPath(object, rule.path).map(textOf);
      if (found.length === 0) return progressing(`${rule.path} is not there yet`);
      const other = rule.value === undefined ? undefined : found.find((value) => value !== rule.value);
      return other === undefined ? HEALTHY : progressing(`${rule.path} is ${other}, not ${rule.value ?? ''}`);
    }
  }
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
