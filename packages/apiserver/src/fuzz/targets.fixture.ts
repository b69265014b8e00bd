import { applyTargets } from './apply-targets.fixture.ts';
import { dataTargets } from './data-targets.fixture.ts';
import type { FuzzTarget } from './fuzz-target.fixture.ts';
import { requestTargets } from './request-targets.fixture.ts';

/** All that has to hold in this package and the one whose data it serves. */
export const fuzzTargets: readonly FuzzTarget[] = [...dataTargets, ...requestTargets, ...applyTargets];
