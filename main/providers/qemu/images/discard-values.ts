import { stateRoot } from '../names.ts';

/** What no machine was made of in so many days makes room. */
const keepDays = 30;

/** Values for a script that sources `discard.sh`. */
export const discardValues = () => ({ state_root: stateRoot(), keep_days: keepDays });
