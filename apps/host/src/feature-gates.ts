import { FEATURE_GATES } from '@clusternet/api-types';
import type { FeatureGate } from '@clusternet/api-types';
import { nearest } from './flags.ts';

/** Gates of the Kubernetes libraries that Go binaries also take; they mean nothing here. */
const FOREIGN = [
  'ComponentSLIs',
  'ContextualLogging',
  'LoggingAlphaOptions',
  'LoggingBetaOptions',
  'AllAlpha',
  'AllBeta',
];

/** On unless switched off; the others are consent or need something else. */
const ON: readonly FeatureGate[] = [
  'SocketConnection',
  'Deployer',
  'ShadowAPI',
  'FeedInUseProtection',
  'Recovery',
  'FeedInventory',
  'FailOver',
  'FeasibleClustersToleration',
];

export interface FeatureGates {
  isEnabled(gate: FeatureGate): boolean;
}

/**
 * Reads the value of `--feature-gates`.
 * @param pairs - gate name to `true` or `false`
 * @returns the gates, and one sentence for each mistake
 */
export function parseFeatureGates(pairs: Readonly<Record<string, string>>): {
  readonly gates: FeatureGates;
  readonly errors: readonly string[];
} {
  const enabled = new Set<FeatureGate>(ON);
  const errors: string[] = [];
  for (const [name, value] of Object.entries(pairs)) {
    const gate = FEATURE_GATES.find((known) => known === name);
    if (gate === undefined) {
      if (FOREIGN.includes(name)) continue;
      const near = nearest(name, FEATURE_GATES);
      errors.push(
        `--feature-gates has no gate "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`,
      );
    } else if (/^(?:true|t|1)$/i.test(value)) enabled.add(gate);
    else if (/^(?:false|f|0)$/i.test(value)) enabled.delete(gate);
    else errors.push(`--feature-gates ${name} takes true or false, not "${value}"`);
  }
  return { gates: { isEnabled: (gate) => enabled.has(gate) }, errors };
}
