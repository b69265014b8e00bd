import { applyTargets } from './apply-targets.ts';
import { dataTargets } from './data-targets.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { requestTargets } from './request-targets.ts';

/** All that has to hold in this package and the one whose data it serves. */
export const fuzzTargets: readonly FuzzTarget[] = [...dataTargets, ...requestTargets, ...applyTargets];
