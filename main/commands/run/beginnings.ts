import type { PhaseName } from '../../../common/results.ts';

/** The phases with which a rerun can begin. */
export const beginnings: readonly PhaseName[] = ['clean', 'ship', 'install', 'setup', 'start', 'check'];
