import { type PhaseName, phaseNames } from '../../../common/results.ts';

/** The phases with which a rerun can begin. */
export const beginnings: readonly PhaseName[] = phaseNames.slice(
  phaseNames.indexOf('clean'),
  phaseNames.indexOf('check') + 1,
);
